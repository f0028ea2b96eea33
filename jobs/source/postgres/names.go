package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// ident quotes one identifier for SQL, and for the patterns of pg_dump, where
// quotes also take the meaning from * and ?.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func qualified(schema, name string) string { return ident(schema) + "." + ident(name) }

// literal quotes a string for SQL whatever standard_conforming_strings says.
func literal(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return " E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}

// readable keeps a name that is no UTF-8 apart from every other: a database
// without an encoding takes any bytes.
func readable(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for i, r := range name {
		if _, size := utf8.DecodeRuneInString(name[i:]); r == utf8.RuneError && size == 1 {
			b.WriteString(`\x` + hex.EncodeToString([]byte{name[i]}))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// maxPathName keeps a file's name below what every file system takes.
const maxPathName = 180

// pathName turns a name into one that is safe in any path; different names stay different.
func pathName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-',
			r > 0x9f && r != utf8.RuneError && r != 0x2028 && r != 0x2029:
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
			}
		}
	}
	safe := b.String()
	if len(safe) <= maxPathName/2 {
		return safe
	}
	sum := sha256.Sum256([]byte(name))
	cut := safe[:maxPathName/2-17]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + "~" + hex.EncodeToString(sum[:8])
}

func tableObject(folder, schema, name string) string {
	return folder + "/data/" + pathName(schema) + "." + pathName(name) + ".sql"
}

// copyTarget reads the table's name out of a COPY statement as pg_dump writes it.
func copyTarget(statement string) (schema, name string, ok bool) {
	rest, ok := strings.CutPrefix(statement, "COPY ")
	if !ok || !strings.HasSuffix(rest, " FROM stdin;") {
		return "", "", false
	}
	schema, rest, ok = cutIdent(rest)
	if !ok || !strings.HasPrefix(rest, ".") {
		return "", "", false
	}
	name, rest, ok = cutIdent(rest[1:])
	return schema, name, ok && strings.HasPrefix(rest, " ")
}

// cutIdent takes one identifier, quoted or not, off the front.
func cutIdent(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, `. ("`)
		if end <= 0 {
			return "", "", false
		}
		return s[:end], s[end:], true
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], `""`, `"`), s[i+1:], true
	}
	return "", "", false
}
