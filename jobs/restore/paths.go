package restore

import (
	"context"
	"slices"
	"strings"

	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
)

func (s *settled) isDatabase() bool { return s.copy.SourceKind == string(source.Postgres) }

// checkPaths reads the choice. A copy of databases may be chosen from by tables
// or by the files that hold them; each target gets what it can take.
func (s *settled) checkPaths(form *fail.Form) {
	if len(s.in.Paths) > maxPaths {
		form.Add("paths", "restore.field.paths_many", "max", maxPaths)
		return
	}
	s.in.Paths = once(s.in.Paths)
	if s.isDatabase() && s.in.Kind == Database {
		s.chooseTables(form)
		return
	}
	if s.isDatabase() {
		s.in.Paths = once(s.filesOf(s.in.Paths))
	}
	checkFilePaths(form, s.in.Paths)
}

// once leaves out what was chosen before, in the order of the choice.
func once(paths []string) (chosen []string) {
	seen := map[string]bool{}
	for _, path := range paths {
		if !seen[path] {
			seen[path], chosen = true, append(chosen, path)
		}
	}
	return chosen
}

// chooseTables turns whole databases into names, and all else into tables.
func (s *settled) chooseTables(form *fail.Form) {
	for _, text := range s.in.Paths {
		t, ok := parseTable(text)
		tables := s.tablesOf(t)
		switch {
		case ok && t.Name == "" && slices.Contains(s.databases(), t.Database):
			s.whole = append(s.whole, t.Database)
		case ok && len(tables) > 0:
			s.tables = append(s.tables, tables...)
		default:
			if tables = s.tablesIn(text); len(tables) == 0 {
				form.Add("paths", "restore.field.path_unknown", "path", text)
			}
			s.tables = append(s.tables, tables...)
		}
	}
	if len(s.tables) > 0 {
		for _, name := range s.whole {
			s.tables = append(s.tables, s.tablesOf(Table{Database: name})...)
		}
	}
}

// chosenDatabases are those that anything was chosen of.
func (s *settled) chosenDatabases() []string {
	if len(s.whole)+len(s.tables) == 0 {
		return s.databases()
	}
	var names []string
	if len(s.tables) == 0 {
		names = slices.Clone(s.whole)
	}
	for _, t := range s.tables {
		names = append(names, t.Database)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// databases of the copy, by name.
func (s *settled) databases() (names []string) {
	if s.truth.Postgres != nil {
		for _, d := range s.truth.Postgres.Databases {
			names = append(names, d.Name)
		}
	}
	return names
}

// tablesOf is one table, or all of a database.
func (s *settled) tablesOf(t Table) []postgres.TableName {
	return s.tablesWhere(func(d postgres.Database, table postgres.Table) bool {
		return d.Name == t.Database && (t.Name == "" || table.Schema == t.Schema && table.Name == t.Name)
	})
}

// tablesIn are those whose rows are in that file or folder of the copy.
func (s *settled) tablesIn(path string) []postgres.TableName {
	return s.tablesWhere(func(d postgres.Database, table postgres.Table) bool {
		return path != "" && (d.Folder == path || table.Object == path || strings.HasPrefix(table.Object, path+"/"))
	})
}

func (s *settled) tablesWhere(wanted func(postgres.Database, postgres.Table) bool) (tables []postgres.TableName) {
	if s.truth.Postgres == nil {
		return nil
	}
	for _, d := range s.truth.Postgres.Databases {
		for _, table := range d.Tables {
			if wanted(d, table) {
				tables = append(tables, postgres.TableName{Database: d.Name, Schema: table.Schema, Name: table.Name})
			}
		}
	}
	return tables
}

// filesOf puts the files that hold a table, and what defines it, in the place of
// the table; what names no table is a file already.
func (s *settled) filesOf(paths []string) (files []string) {
	for _, text := range paths {
		if t, ok := parseTable(text); ok && len(s.tablesOf(t)) > 0 {
			files = append(files, s.filesOfTable(t)...)
			continue
		}
		files = append(files, text)
	}
	return files
}

func (s *settled) filesOfTable(t Table) (files []string) {
	chosen, err := postgres.Target{Only: s.tablesOf(t)}.Expect(*s.truth.Postgres)
	if err != nil {
		return nil
	}
	for _, d := range chosen.Databases {
		if t.Name == "" {
			return []string{d.Folder}
		}
		files = append(files, d.Folder+"/schema.dump")
		for _, table := range d.Tables {
			if table.Object != "" {
				files = append(files, table.Object)
			}
		}
	}
	return files
}

// weigh counts what chosen files and folders hold, and names those that the copy
// does not have.
func (r *Restores) weigh(ctx context.Context, s settled, sum *Summary) error {
	repo, err := r.vaults.Open(ctx, s.copy.Workspace, s.copy.VaultID, true)
	if err != nil {
		return err
	}
	defer repo.Close(context.WithoutCancel(ctx))
	var form fail.Form
	sum.Files, sum.Bytes, sum.Rows, sum.Tables = 0, 0, nil, 0
	for _, path := range s.in.Paths {
		entry, err := repo.Stat(ctx, s.copy.Manifest, path)
		switch {
		case fail.Is(err, fail.NotFound):
			form.Add("paths", "restore.field.path_unknown", "path", path)
		case err != nil:
			return err
		case entry.Dir:
			sum.Files, sum.Bytes = sum.Files+entry.Files, sum.Bytes+entry.Size
		default:
			sum.Files, sum.Bytes = sum.Files+1, sum.Bytes+entry.Size
		}
	}
	return form.Err()
}
