package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/dial"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/vault"
)

func TestWhoMay(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	ctx, id := t.Context(), h.Vault()
	stranger := dbtest.Workspace(t, h.DB)
	calls := map[string]struct {
		call  func(account.Actor) error
		needs account.Role // the lowest that may
	}{
		"create":  {func(a account.Actor) error { _, _, err := h.Vaults.Create(ctx, a, vault.Input{}); return err }, account.RoleAdmin},
		"delete":  {func(a account.Actor) error { return h.Vaults.Delete(ctx, a, id) }, account.RoleAdmin},
		"get":     {func(a account.Actor) error { _, err := h.Vaults.Get(ctx, a, id); return err }, account.RoleViewer},
		"set up":  {func(a account.Actor) error { _, err := h.Vaults.StartSetup(ctx, a, id); return err }, account.RoleAdmin},
		"the kit": {func(a account.Actor) error { _, err := h.Vaults.Kit(ctx, a, id); return err }, account.RoleAdmin},
		"update":  {func(a account.Actor) error { return h.Vaults.Update(ctx, a, id, 0, vault.Input{}) }, account.RoleAdmin},
		"upkeep":  {func(a account.Actor) error { _, err := h.Vaults.StartUpkeep(ctx, a, id); return err }, account.RoleOperator},
	}
	ladder := []account.Role{"", account.RoleViewer, account.RoleOperator, account.RoleAdmin}
	for name, c := range calls {
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
	t.Run("the kit needs a fresh confirmation", func(t *testing.T) {
		actor := h.Actor
		actor.SteppedUpAt = time.Time{}
		if _, err := h.Vaults.Kit(ctx, actor, id); !fail.Is(err, fail.StepUp) {
			t.Fatal(err)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	public := vault.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, vault.Options{DataDir: h.DataDir, Roots: h.Options.Roots, Dial: dial.Guard{Policy: dial.Public}})
	outside := filepath.Join(h.Root, "link")
	if err := os.Symlink("/etc", outside); err != nil {
		t.Fatal(err)
	}
	bucket := vault.Input{Name: "v", Kind: vault.S3, Endpoint: "https://s3.example.com", Bucket: "copies", AccessKey: "a", SecretKey: "b"}
	with := func(change func(*vault.Input)) vault.Input { in := bucket; change(&in); return in }
	for name, tt := range map[string]struct {
		in    vault.Input
		field string
	}{
		"no name":                    {vault.Input{Kind: vault.Filesystem}, "name"},
		"a name of two lines":        {vault.Input{Name: "a\nb", Kind: vault.Filesystem}, "name"},
		"no kind":                    {vault.Input{Name: "v"}, "kind"},
		"a folder outside":           {vault.Input{Name: "v", Kind: vault.Filesystem, Path: "/etc/vault"}, "path"},
		"a way out of the folder":    {vault.Input{Name: "v", Kind: vault.Filesystem, Path: h.Root + "/../elsewhere"}, "path"},
		"a link out of the folder":   {vault.Input{Name: "v", Kind: vault.Filesystem, Path: outside + "/vault"}, "path"},
		"a relative folder":          {vault.Input{Name: "v", Kind: vault.Filesystem, Path: "vault"}, "path"},
		"plain http in the internet": {with(func(in *vault.Input) { in.Endpoint = "http://s3.example.com" }), "endpoint"},
		"an endpoint with a path":    {with(func(in *vault.Input) { in.Endpoint = "https://s3.example.com/x" }), "endpoint"},
		"an endpoint with a login":   {with(func(in *vault.Input) { in.Endpoint = "https://me:pw@s3.example.com" }), "endpoint"},
		"a file as endpoint":         {with(func(in *vault.Input) { in.Endpoint = "file:///etc" }), "endpoint"},
		"no bucket":                  {with(func(in *vault.Input) { in.Bucket = "" }), "bucket"},
		"a bucket with a way out":    {with(func(in *vault.Input) { in.Bucket = "a..b" }), "bucket"},
		"an empty part of a prefix":  {with(func(in *vault.Input) { in.Prefix = "a//b" }), "prefix"},
		"no access key":              {with(func(in *vault.Input) { in.AccessKey = "" }), "access_key"},
		"no secret key":              {with(func(in *vault.Input) { in.SecretKey = "" }), "secret_key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := public.Create(t.Context(), h.Actor, tt.in)
			refused, ok := errors.AsType[*fail.Error](err)
			if !ok || refused.Kind != fail.Invalid || len(refused.Fields) != 1 || refused.Fields[0].Name != tt.field {
				t.Fatalf("%v, %+v", err, refused)
			}
		})
	}
}

func TestAPlaceIsOneVaults(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	folder := filepath.Join(h.Root, "vaults", "one")
	b := drilltest.NewBucket(t)
	create := func(actor account.Actor, in vault.Input) error {
		in.Name = uuid.NewString()
		_, _, err := h.Vaults.Create(t.Context(), actor, in)
		return err
	}
	for _, in := range []vault.Input{{Kind: vault.Filesystem, Path: folder}, b.Vault("", "a/b")} {
		if err := create(h.Actor, in); err != nil {
			t.Fatal(err)
		}
	}
	stranger := dbtest.Workspace(t, h.DB)
	for name, in := range map[string]vault.Input{
		"the same folder":     {Kind: vault.Filesystem, Path: folder},
		"a folder in it":      {Kind: vault.Filesystem, Path: folder + "/below"},
		"the folder above":    {Kind: vault.Filesystem, Path: filepath.Dir(folder)},
		"the same prefix":     b.Vault("", "a/b/"),
		"a prefix in it":      b.Vault("", "a/b/c"),
		"the bucket as whole": b.Vault("", ""),
	} {
		for who, actor := range map[string]account.Actor{"its owner": h.Actor, "another workspace": stranger} {
			t.Run(name+" is refused to "+who, func(t *testing.T) {
				if err := create(actor, in); !fail.Is(err, fail.Conflict) {
					t.Fatal(err)
				}
			})
		}
	}
	t.Run("a neighbour is welcome", func(t *testing.T) {
		for _, in := range []vault.Input{{Kind: vault.Filesystem, Path: folder + "-2"}, b.Vault("", "a/bc")} {
			if err := create(h.Actor, in); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a name is one vault's", func(t *testing.T) {
		for i, wanted := range []bool{true, false} {
			_, _, err := h.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: []string{"Safe", "sAFE"}[i], Kind: vault.Filesystem})
			if (err == nil) != wanted {
				t.Error(err)
			}
		}
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	one, two := h.Vault(), h.Vault()
	open := func(v *vault.Vaults, workspace, id uuid.UUID) error {
		repo, err := v.Open(t.Context(), workspace, id, true)
		if err == nil {
			err = repo.Close(t.Context())
		}
		return err
	}
	wants := func(t *testing.T, err error, class fail.Class, key string) {
		t.Helper()
		if f, ok := errors.AsType[*fail.Error](err); !ok || f.Class != class || f.Key != "vault.fail."+key {
			t.Errorf("%v, want %s vault.fail.%s", err, class, key)
		}
	}
	if err := open(h.Vaults, h.Actor.Workspace, one); err != nil {
		t.Fatal(err)
	}
	t.Run("another workspace's vault is not there", func(t *testing.T) {
		wants(t, open(h.Vaults, dbtest.Workspace(t, h.DB).Workspace, one), fail.ClassGone, "deleted")
	})
	t.Run("one that is not set up says so", func(t *testing.T) {
		id, _, err := h.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "raw", Kind: vault.Filesystem})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, open(h.Vaults, h.Actor.Workspace, id), fail.ClassConfig, "not_ready")
	})
	t.Run("another vault in its place has another key", func(t *testing.T) {
		place := filepath.Join(h.DataDir, "vaults")
		for _, move := range [][2]string{{one.String(), "aside"}, {two.String(), one.String()}} {
			if err := os.Rename(filepath.Join(place, move[0]), filepath.Join(place, move[1])); err != nil {
				t.Fatal(err)
			}
		}
		wants(t, open(h.Vaults, h.Actor.Workspace, one), fail.ClassConfig, "another_key")
	})
	t.Run("another master key opens nothing", func(t *testing.T) {
		keyset, err := secret.NewKeyset()
		if err != nil {
			t.Fatal(err)
		}
		box, err := secret.NewBox(keyset)
		if err != nil {
			t.Fatal(err)
		}
		other := vault.New(h.DB, h.Queue, h.Clock, box, h.Runner, vault.Options{DataDir: h.DataDir})
		wants(t, open(other, h.Actor.Workspace, two), fail.ClassConfig, "master_key")
	})
}

func TestKit(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	id := h.Vault()
	kit, err := h.Vaults.Kit(t.Context(), h.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	v, err := h.Vaults.Get(t.Context(), h.Actor, id)
	if err != nil || v.KitDownloadedAt == nil || kit.Place != v.Location.Path || len(kit.Commands) < 3 {
		t.Fatalf("%+v %v, kit of %d commands at %s", v, err, len(kit.Commands), kit.Place)
	}
	text := string(kit.Text(func(key string, _ ...any) string { return key }))
	if !strings.Contains(text, kit.Password.Reveal()) || !strings.Contains(text, v.Location.Path) {
		t.Error("the file lacks the key or the place")
	}
	var audited int
	h.Row(`SELECT count(*) FROM audit_events WHERE action = 'vault.kit_downloaded' AND subject_id = $1 AND strpos(detail::text, $2) = 0`,
		id.String(), kit.Password.Reveal()).To(&audited)
	if audited != 1 {
		t.Errorf("%d audit events", audited)
	}
	if strings.Contains(kit.FileName, "\n") || strings.ContainsAny(kit.FileName, `/\ "`) {
		t.Errorf("%q is no file name", kit.FileName)
	}
}
