package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
	"levqor/jobs/vault"
)

// folderIn is a source's input for a new folder of one file.
func folderIn(t *testing.T, h *drilltest.House, name string) source.Input {
	t.Helper()
	dir := filepath.Join(h.Root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte(name), 0o644); err != nil {
		t.Fatal(err)
	}
	return source.Input{Name: name, Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: dir}}}
}

func create(t *testing.T, h *drilltest.House, in source.Input) (id, test uuid.UUID) {
	t.Helper()
	id, test, err := h.Sources.Create(t.Context(), h.Actor, in)
	if err != nil {
		t.Fatal(err)
	}
	return id, test
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	ctx := t.Context()
	id, test := create(t, h, folderIn(t, h, "docs"))
	stranger := dbtest.Workspace(t, h.DB)
	ladder := []account.Role{"", account.RoleViewer, account.RoleOperator, account.RoleAdmin}
	for name, c := range map[string]struct {
		call  func(account.Actor) error
		needs account.Role // the lowest that may
	}{
		"create":          {func(a account.Actor) error { _, _, err := h.Sources.Create(ctx, a, source.Input{}); return err }, account.RoleAdmin},
		"delete":          {func(a account.Actor) error { return h.Sources.Delete(ctx, a, id) }, account.RoleAdmin},
		"get":             {func(a account.Actor) error { _, err := h.Sources.Get(ctx, a, id); return err }, account.RoleViewer},
		"make the sample": {func(a account.Actor) error { _, _, err := h.Sources.EnsureSample(ctx, a); return err }, account.RoleAdmin},
		"see a test":      {func(a account.Actor) error { _, err := h.Sources.GetTest(ctx, a, test); return err }, account.RoleViewer},
		"test":            {func(a account.Actor) error { _, err := h.Sources.StartTest(ctx, a, id); return err }, account.RoleOperator},
		"update":          {func(a account.Actor) error { _, err := h.Sources.Update(ctx, a, id, 0, source.Input{}); return err }, account.RoleAdmin},
	} {
		for _, role := range ladder[:slices.Index(ladder, c.needs)] {
			t.Run(name+" is refused to "+string(role), func(t *testing.T) {
				actor := h.Actor
				actor.Role = role
				if err := c.call(actor); !fail.Is(err, fail.Forbidden) {
					t.Fatal(err)
				}
			})
		}
		if name == "create" {
			continue
		}
		t.Run(name+" finds nothing for another workspace", func(t *testing.T) {
			if err := c.call(stranger); !fail.Is(err, fail.NotFound) {
				t.Fatal(err)
			}
		})
	}
	if found, err := h.Sources.List(ctx, stranger); err != nil || len(found) != 0 {
		t.Errorf("another workspace lists %v %v", found, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	if err := errors.Join(os.Symlink("/etc", filepath.Join(h.Root, "link")), os.Symlink("/nowhere", filepath.Join(h.Root, "broken"))); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(h.Root, "kept")
	if _, _, err := h.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "v", Kind: vault.Filesystem, Path: kept + "/vault"}); err != nil {
		t.Fatal(err)
	}
	create(t, h, folderIn(t, h, "taken"))
	inFolder := func(path string, exclude ...string) source.Input {
		return source.Input{Name: "s", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: path, Exclude: exclude}}}
	}
	inBucket := func(change func(*bucket.Config), secretKey secret.Text) source.Input {
		c := bucket.Config{Endpoint: "https://s3.example.com", Bucket: "data", AccessKey: "a"}
		change(&c)
		return source.Input{Name: "s", Kind: source.S3, Config: source.Config{Bucket: &c}, Secret: secretKey}
	}
	inDatabase := func(change func(*postgres.Config)) source.Input {
		c := postgres.Config{Host: "db.example.com", Port: 5432, User: "levqor", TLS: postgres.TLSVerify}
		change(&c)
		return source.Input{Name: "s", Kind: source.Postgres, Config: source.Config{Postgres: &c}, Secret: "x"}
	}
	for name, tt := range map[string]struct {
		in    source.Input
		field string
	}{
		"no name":                     {func() source.Input { in := folderIn(t, h, "a"); in.Name = " "; return in }(), "name"},
		"no kind":                     {source.Input{Name: "s"}, "kind"},
		"a kind without its settings": {source.Input{Name: "s", Kind: source.S3, Config: source.Config{Folder: &folder.Config{Path: h.Root}}}, "kind"},
		"a folder outside":            {inFolder("/etc"), "path"},
		"a way out of the folder":     {inFolder(h.Root + "/../../etc"), "path"},
		"a link out of the folder":    {inFolder(h.Root + "/link"), "path"},
		"a link to nowhere yet":       {inFolder(h.Root + "/broken"), "path"},
		"a relative folder":           {inFolder("etc"), "path"},
		"a folder with a zero byte":   {inFolder(h.Root + "/a\x00b"), "path"},
		"a folder that holds a vault": {inFolder(kept), "path"},
		"a folder inside of a vault":  {inFolder(kept + "/vault/p"), "path"},
		"a pattern that is none":      {inFolder(h.Root, "[a"), "exclude"},
		"a bucket without its secret": {inBucket(func(*bucket.Config) {}, ""), "secret_key"},
		"a bucket's endpoint as file": {inBucket(func(c *bucket.Config) { c.Endpoint = "file:///etc" }, "x"), "endpoint"},
		"an endpoint with a login":    {inBucket(func(c *bucket.Config) { c.Endpoint = "https://a:b@s3.example.com" }, "x"), "endpoint"},
		"a bucket with a way out":     {inBucket(func(c *bucket.Config) { c.Bucket = "a..b" }, "x"), "bucket"},
		"a prefix from the root":      {inBucket(func(c *bucket.Config) { c.Prefix = "/a" }, "x"), "prefix"},
		"a server's host with a port": {inDatabase(func(c *postgres.Config) { c.Host = "db:5432" }), "host"},
		"a server's socket":           {inDatabase(func(c *postgres.Config) { c.Host = "/var/run/postgresql" }), "host"},
		"a server without a port":     {inDatabase(func(c *postgres.Config) { c.Port = 0 }), "port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := h.Sources.Create(t.Context(), h.Actor, tt.in)
			refused, ok := errors.AsType[*fail.Error](err)
			if !ok || refused.Kind != fail.Invalid || len(refused.Fields) != 1 || refused.Fields[0].Name != tt.field {
				t.Fatalf("%v, %+v", err, refused)
			}
		})
	}
	t.Run("a name that is taken", func(t *testing.T) {
		in := folderIn(t, h, "other")
		in.Name = "TAKEN"
		if _, _, err := h.Sources.Create(t.Context(), h.Actor, in); !fail.Is(err, fail.Conflict) {
			t.Fatal(err)
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b := drilltest.NewBucket(t)
	in := source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: b.Source("in/")}, Secret: "kept secret"}
	id, first := create(t, h, in)
	update := func(revision int, change func(*source.Input)) (uuid.UUID, error) {
		changed := in
		config := *in.Config.Bucket
		changed.Config.Bucket, changed.Secret = &config, ""
		change(&changed)
		return h.Sources.Update(t.Context(), h.Actor, id, revision, changed)
	}
	t.Run("the secret never goes to a host that somebody else chose", func(t *testing.T) {
		_, err := update(0, func(in *source.Input) { in.Config.Bucket.Endpoint = "https://evil.example.com" })
		refused, ok := errors.AsType[*fail.Error](err)
		if !ok || refused.Kind != fail.Invalid || refused.Fields[0].Name != "secret_key" {
			t.Fatal(err)
		}
	})
	t.Run("its kind stays", func(t *testing.T) {
		if _, err := update(0, func(in *source.Input) { in.Kind = source.Folder }); !fail.Is(err, fail.Invalid) {
			t.Fatal(err)
		}
	})
	t.Run("a name alone tests nothing", func(t *testing.T) {
		test, err := update(1, func(in *source.Input) { in.Name = "renamed" })
		if err != nil || test != uuid.Nil {
			t.Fatal(test, err)
		}
	})
	t.Run("an older page is refused", func(t *testing.T) {
		if _, err := update(1, func(*source.Input) {}); !fail.Is(err, fail.Conflict) {
			t.Fatal(err)
		}
	})
	t.Run("a changed access is tested, and keeps the secret", func(t *testing.T) {
		test, err := update(2, func(in *source.Input) { in.Config.Bucket.Prefix = "other/" })
		if err != nil || test == uuid.Nil || test == first {
			t.Fatal(test, err)
		}
		spec, err := h.Sources.Reach(t.Context(), h.Actor.Workspace, id)
		if err != nil || spec.Config.Bucket.SecretKey != "kept secret" || spec.Config.Bucket.Prefix != "other/" {
			t.Fatalf("%+v %v", spec.Config.Bucket, err)
		}
	})
	t.Run("what people see holds no secret", func(t *testing.T) {
		s, err := h.Sources.Get(t.Context(), h.Actor, id)
		if err != nil || !s.HasSecret || s.Config.Bucket.SecretKey != "" {
			t.Fatalf("%+v %v", s.Config.Bucket, err)
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	in := source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: drilltest.NewBucket(t).Source("")}, Secret: "secret"}
	id, _ := create(t, h, in)
	if err := h.Sources.Delete(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	var forgotten bool
	h.Row(`SELECT sealed_secret IS NULL FROM sources WHERE id = $1`, id).To(&forgotten)
	if !forgotten {
		t.Error("its secret is still there")
	}
	if _, err := h.Sources.Reach(t.Context(), h.Actor.Workspace, id); fail.ClassOf(err) != fail.ClassGone {
		t.Error(err)
	}
	if _, err := h.Sources.Get(t.Context(), h.Actor, id); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	create(t, h, in) // its name is free again
}
