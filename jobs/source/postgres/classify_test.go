package postgres

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// TestAFailureNamesWhatItIsAbout, and not the whole message a second time.
func TestAFailureNamesWhatItIsAbout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, message, key, name string }{
		{"3D000", `database "shop" does not exist`, "database_gone", "shop"},
		{"3D000", `Datenbank »shop« existiert nicht`, "database_gone", "shop"},
		{"3D000", `la base de données « shop » n'existe pas`, "database_gone", "shop"},
		{"42501", `permission denied for table orders`, "privilege", "table orders"},
		{"42501", `must be superuser to do that`, "privilege", "must be superuser to do that"},
		{"28000", `role "ann" does not exist`, "login", "ann"},
	} {
		f, ok := errors.AsType[*fail.Error](classify(&pgconn.PgError{Code: c.code, Message: c.message}))
		if !ok || f.Key != "postgres.fail."+c.key || f.Args["name"] != c.name {
			t.Errorf("%s: %+v", c.message, f)
		}
	}
}
