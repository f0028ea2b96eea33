package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// serverDatabase is a database as its server lists it.
type serverDatabase struct {
	Name    string
	Open    bool // allows connections
	Invalid bool // what an interrupted DROP DATABASE leaves behind
	May     bool // the role may connect
}

// account says of every database of a server whether a backup holds it.
type account struct {
	names     []string // to back up
	notes     []Note   // one for each that is not, by name
	uncovered int      // of those, the ones that nobody chose to leave out
}

// of is how many databases a backup should hold.
func (a account) of() int { return len(a.names) + a.uncovered }

func (a *account) miss(key, name, mend string) {
	a.uncovered++
	a.notes = append(a.notes, Note{Key: "postgres.note.database_" + key, Args: map[string]any{"name": name}, MendSQL: mend})
}

// leave notes databases that are left out on purpose.
func (a *account) leave(key string, names []string) {
	if len(names) > 0 {
		a.notes = append(a.notes, Note{Key: "postgres.note.databases_" + key, Args: map[string]any{"count": len(names), "names": names}})
	}
}

// accountFor lists the databases that a backup reads and names every other one.
// A wanted one that is not there is a failure.
func (s *server) accountFor(ctx context.Context, conn *pgx.Conn) (a account, err error) {
	all, err := listDatabases(ctx, conn)
	if err != nil {
		return a, classify(err)
	}
	for _, name := range s.Databases {
		if !slices.ContainsFunc(all, func(d serverDatabase) bool { return d.Name == name }) {
			return a, fail.Work(nil, fail.ClassGone, "postgres.fail.database_gone", "name", name)
		}
	}
	var managed, excluded, unchosen []string
	for _, d := range all {
		switch {
		case d.Name == "template0" && !d.Open: // as every server has it
		case isManaged(d.Name) && !slices.Contains(s.Databases, d.Name):
			managed = append(managed, d.Name)
		case slices.Contains(s.ExcludeDatabases, d.Name):
			excluded = append(excluded, d.Name)
		case len(s.Databases) > 0 && !slices.Contains(s.Databases, d.Name):
			if d.Name != "template1" {
				unchosen = append(unchosen, d.Name)
			}
		case d.Invalid:
			a.miss("invalid", d.Name, "DROP DATABASE "+plain(d.Name)+";")
		case !d.Open:
			a.miss("closed", d.Name, "ALTER DATABASE "+plain(d.Name)+" ALLOW_CONNECTIONS true;")
		case !d.May:
			a.miss("denied", d.Name, "GRANT CONNECT ON DATABASE "+plain(d.Name)+" TO "+plain(s.User)+";")
		default:
			if err := s.enter(ctx, &a, d.Name); err != nil {
				return a, err
			}
		}
	}
	a.leave("excluded", excluded)
	a.leave("unchosen", unchosen)
	a.leave("managed", managed)
	return a, nil
}

// enter tries the door: what the server's list does not tell is whether its
// pg_hba.conf lets us into that database.
func (s *server) enter(ctx context.Context, a *account, name string) error {
	conn, err := s.connect(ctx, name)
	if err != nil {
		return a.shut(name, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if name == "template1" && !slices.Contains(s.Databases, name) {
		used, err := holdsAnything(ctx, conn)
		if err != nil || !used {
			return classify(err)
		}
	}
	a.names = append(a.names, name)
	return nil
}

// shut takes a database that can't be entered into the account. Other failures
// stay failures, and so does one that was dropped meanwhile and was asked for.
func (a *account) shut(name string, err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !slices.Contains([]string{"28000", "42501", "55000"}, pg.Code) {
		return err
	}
	a.miss("refused", name, "")
	a.notes[len(a.notes)-1].Args["detail"] = shorten(pg.Message)
	return nil
}

// isManaged knows the databases that managed services keep for themselves and nobody may read.
func isManaged(name string) bool {
	return name == "rdsadmin" || name == "cloudsqladmin" || name == "azure_maintenance" || name == "azure_sys"
}

func listDatabases(ctx context.Context, conn *pgx.Conn) ([]serverDatabase, error) {
	rows, err := conn.Query(ctx, `SELECT datname::text AS name, datallowconn AS open, datconnlimit = -2 AS invalid,
		pg_catalog.has_database_privilege(oid, 'CONNECT') AS may FROM pg_catalog.pg_database ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[serverDatabase])
}

// holdsAnything reports whether people made something in a database that every server has.
func holdsAnything(ctx context.Context, conn *pgx.Conn) (used bool, err error) {
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE `+ours+`)
		OR EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE `+ours+`)
		OR EXISTS (SELECT FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace WHERE `+ours+`)
		OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE `+ours+` AND nspname <> 'public')
		OR EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql')
		OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)`).Scan(&used)
	return used, err
}
