package postgres

import "strings"

// connectionLimit is room for a few plans at once: each has a snapshot, a count,
// two streams and the globals.
const connectionLimit = "20"

// GrantSQL makes a role that can read everything and nothing else, on servers
// from 14. An empty password leaves a place to fill in.
func GrantSQL(user, password string) string {
	return grant(user, password, "GRANT pg_read_all_data TO "+plain(user)+";")
}

// GrantSQLBefore14 does it on servers 10 to 13, which have no such right; it is
// run in each database, and again for schemas that come later.
func GrantSQLBefore14(user, password string) string {
	return grant(user, password, rightsBefore14(user))
}

func rightsBefore14(user string) string {
	return `DO $levqor$
DECLARE s name;
BEGIN
  FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', s, ` + literal(user) + `);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', s, ` + literal(user) + `);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', s, ` + literal(user) + `);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', s, ` + literal(user) + `);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON SEQUENCES TO %I', s, ` + literal(user) + `);
  END LOOP;
END $levqor$;`
}

func grant(user, password, rights string) string {
	if password == "" {
		password = "choose-a-password"
	}
	name := plain(user)
	return strings.Join([]string{
		"CREATE ROLE " + name + " LOGIN PASSWORD " + strings.TrimSpace(literal(password)) + ";",
		rights,
		"ALTER ROLE " + name + " SET default_transaction_read_only = on;",
		"ALTER ROLE " + name + " CONNECTION LIMIT " + connectionLimit + ";",
	}, "\n")
}

// objectRights lets the role read the large objects that are there now: no other
// right covers them. It is run in the database that holds them.
func objectRights(database, user string) string {
	return `-- in the database ` + strings.Join(strings.Fields(database), " ") + `
DO $levqor$
DECLARE o oid;
BEGIN
  FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO %I', o, ` + literal(user) + `);
  END LOOP;
END $levqor$;`
}

// plain leaves the quotes away where nobody needs them.
func plain(name string) string {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return ident(name)
		}
	}
	if name == "" || name == "user" || name == "all" || name == "public" {
		return ident(name)
	}
	return name
}
