package db_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"levqor/jobs/db/dbtest"
)

// statement is SQL as the code has it. Parts that are put together at run time
// leave it incomplete.
type statement struct {
	at       token.Position
	text     string
	complete bool
}

// code is what the lines' files say: constants by package and name, and calls.
type code struct {
	fset       *token.FileSet
	constants  map[string]ast.Expr // "task.Columns"
	statements []statement
	calls      []call
}

type call struct {
	pkg string
	sql ast.Expr
}

// asking are the methods of pgx that take SQL, and where in their arguments.
var asking = map[string]int{"Exec": 1, "Query": 1, "QueryRow": 1}

func readCode(t *testing.T) *code {
	t.Helper()
	c := &code{fset: token.NewFileSet(), constants: map[string]ast.Expr{}}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		// What is said to a customer's server, or of one, knows another schema.
		if err == nil && d.IsDir() && (d.Name() == "postgres" || d.Name() == "embedded" || d.Name() == "bench" || strings.HasSuffix(d.Name(), "test")) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(c.fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			c.read(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range c.calls {
		text, complete := c.value(asked.pkg, asked.sql)
		c.statements = append(c.statements, statement{c.fset.Position(asked.sql.Pos()), text, complete})
	}
	return c
}

func (c *code) read(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					c.constants[file.Name.Name+"."+name.Name] = n.Values[i]
				}
			}
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if at, asks := asking[method.Sel.Name]; asks && len(n.Args) > at {
				c.calls = append(c.calls, call{file.Name.Name, n.Args[at]})
			}
		}
		return true
	})
}

// value puts a constant string together.
func (c *code) value(pkg string, e ast.Expr) (text string, complete bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, whole := c.value(pkg, e.X)
		right, too := c.value(pkg, e.Y)
		return left + right, whole && too && e.Op == token.ADD
	case *ast.Ident:
		if of, ok := c.constants[pkg+"."+e.Name]; ok {
			return c.value(pkg, of)
		}
	case *ast.ParenExpr:
		return c.value(pkg, e.X)
	case *ast.SelectorExpr:
		if from, ok := e.X.(*ast.Ident); ok {
			if of, ok := c.constants[from.Name+"."+e.Sel.Name]; ok {
				return c.value(from.Name, of)
			}
		}
	}
	return "", false
}

var named = regexp.MustCompile(`@[a-z_]+`)

// numbered turns named arguments into Postgres' own.
func numbered(sql string) string {
	seen := map[string]string{}
	return named.ReplaceAllStringFunc(sql, func(name string) string {
		if seen[name] == "" {
			seen[name] = fmt.Sprintf("$%d", len(seen)+1)
		}
		return seen[name]
	})
}

// TestEveryStatementFitsTheSchema prepares each statement of the code against
// today's schema: a column that was renamed is found here, not by a customer.
func TestEveryStatementFitsTheSchema(t *testing.T) {
	t.Parallel()
	conn, err := dbtest.New(t).Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	prepared, open := 0, 0
	for _, s := range readCode(t).statements {
		if !s.complete {
			open++
			t.Logf("%s is put together at run time: other tests run it", s.at)
			continue
		}
		if _, err := conn.Conn().Prepare(t.Context(), "", numbered(s.text)); err != nil {
			t.Errorf("%s: %v", s.at, err)
		}
		prepared++
	}
	if prepared < 150 || open > prepared/4 {
		t.Errorf("%d statements were prepared, %d are put together at run time: does this test still find them?", prepared, open)
	}
	t.Logf("%d statements prepared", prepared)
}
