package workers_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db/embedded"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// canaries are secrets by what they are.
type canaries map[string]string

// make invents one.
func (c canaries) make(what string) string {
	c[what] = "canary-" + strings.ReplaceAll(uuid.NewString(), "-", "")
	return c[what]
}

// TestNoSecretLeaves is S10: after a whole run, with its failures, no secret of a
// customer or a person stands in our database, in job arguments, in the audit
// log or in what the processes wrote.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	h, c := newHouse(t), canaries{}
	h.work()
	c["the master key"] = h.Config.MasterKey
	h.peopleCome(c)
	plans := h.sourcesWithSecrets(c)
	for _, plan := range plans {
		if got := h.backUp(plan); got.State != task.Succeeded {
			t.Fatalf("%s: %s %v", got.SubjectName, got.FailureKey, got.FailureArgs)
		}
	}
	h.settle()
	h.everyProofPasses(plans)
	h.restoresWithSecrets(c, plans)
	h.failuresWithSecrets(c)
	h.runsWithSecrets(c)
	h.settle()

	dump := h.dump()
	if !strings.Contains(dump, "CREATE TABLE public.river_job") || !strings.Contains(dump, "COPY public.audit_events") || !strings.Contains(h.log.String(), `"level":"DEBUG"`) {
		t.Fatal("the dump or the log is not what it should be")
	}
	for what, secret := range c {
		for place, text := range map[string]string{"the database": dump, "the log": h.log.String()} {
			if how := found(text, secret); how != "" {
				t.Errorf("%s stands in %s, %s", what, place, how)
			}
		}
	}
}

// found says how a secret stands in a text, or nothing.
func found(text, secret string) string {
	if len(secret) == 6 { // a code may be a part of any number
		if regexp.MustCompile(`[^.\d]` + secret + `\D`).MatchString(text) {
			return "as it is"
		}
		return ""
	}
	for how, spelled := range map[string]string{
		"as it is": secret, "in hex": hex.EncodeToString([]byte(secret)),
		"in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
		"for URLs":  strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(secret)), "="),
	} {
		if strings.Contains(text, spelled) {
			return how
		}
	}
	return ""
}

// dump is all of our own database, as somebody who stole it reads it.
func (h *house) dump() string {
	h.t.Helper()
	bin, err := embedded.Find(h.t.Context(), "")
	must(h.t, err)
	out, err := exec.CommandContext(h.t.Context(), bin.Path("pg_dump"), "--no-password", h.url).Output()
	must(h.t, err)
	return string(out)
}

// peopleCome signs somebody in by link and by code, invites, makes a token.
func (h *house) peopleCome(c canaries) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, by := range []string{"link", "code"} {
		browser := account.NewBrowser()
		device := account.Device{UserAgent: "Test", IP: "192.0.2.7", Locale: "en"}
		must(h.t, h.Accounts.AskLink(ctx, by+"@example.com", browser, device))
		letters, err := h.Mails.Outbox(ctx, 1)
		must(h.t, err)
		link, _ := letters[0].Args["link"].(string)
		code, _ := letters[0].Args["code"].(string)
		token := filepath.Base(link)
		c["the browser of a "+by], c["the token of a "+by], c["the code of a "+by] = browser, token, code
		var session string
		if by == "link" {
			session, err = h.Accounts.Consume(ctx, token, browser, device)
		} else {
			session, err = h.Accounts.ConsumeCode(ctx, code, browser, device)
		}
		must(h.t, err)
		c["the session of a "+by] = session
		s, err := h.Accounts.Authenticate(ctx, session)
		must(h.t, err)
		must(h.t, h.Accounts.AskStepUp(ctx, s))
		letters, err = h.Mails.Outbox(ctx, 1)
		must(h.t, err)
		c["the confirmation of a "+by], _ = letters[0].Args["code"].(string)
	}
	must(h.t, h.Accounts.Invite(ctx, h.actor, "guest@example.com", account.RoleViewer, "en"))
	letters, err := h.Mails.Outbox(ctx, 1)
	must(h.t, err)
	link, _ := letters[0].Args["link"].(string)
	c["an invitation"] = filepath.Base(link)
	words, err := h.Accounts.CreateToken(ctx, h.actor, account.TokenInput{Name: "test", Scopes: []string{"read"}, Days: 30})
	must(h.t, err)
	_, err = h.Accounts.TokenActor(ctx, words)
	must(h.t, err)
	c["an API token"] = words
	for what, secret := range c {
		if len(secret) < 6 || secret == "." {
			h.t.Fatalf("%s is %q", what, secret)
		}
	}
}

// sourcesWithSecrets are a database and a bucket, each backed up into a bucket,
// whose recovery kits somebody took.
func (h *house) sourcesWithSecrets(c canaries) (plans []uuid.UUID) {
	h.t.Helper()
	into, from := drilltest.NewBucket(h.t), drilltest.NewBucket(h.t)
	in := into.Vault("bucket", "vault")
	in.SecretKey = secret.Text(c.make("the secret key of a vault"))
	vaultID := h.vault(in)
	kit, err := h.Vaults.Kit(h.t.Context(), h.actor, vaultID)
	must(h.t, err)
	c["the key of a vault"] = kit.Password.Reveal()

	shop, server := h.shop("shop_secret", 50)
	role := "keeper_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	server.SQL(h.t, "postgres", `CREATE ROLE `+role+` LOGIN SUPERUSER PASSWORD '`+c.make("the password of a database")+`'`)
	h.t.Cleanup(func() { server.SQL(h.t, "postgres", `DROP ROLE IF EXISTS `+role) })
	config := *shop.Config.Postgres
	config.User = role
	shop.Config.Postgres, shop.Secret = &config, secret.Text(c["the password of a database"])

	from.Put(h.t, "in/object", "data")
	objects := source.Input{Name: "objects", Kind: source.S3, Config: source.Config{Bucket: from.Source("in/")}, Secret: secret.Text(c.make("the secret key of a source"))}
	return []uuid.UUID{h.plan(vaultID, shop), h.plan(vaultID, objects)}
}

// restoresWithSecrets go to places that no source has.
func (h *house) restoresWithSecrets(c canaries, plans []uuid.UUID) {
	h.t.Helper()
	newest := func(plan uuid.UUID) uuid.UUID {
		return ask[uuid.UUID](h, `SELECT id FROM snapshots WHERE plan_id = $1 ORDER BY taken_at DESC LIMIT 1`, plan)[0]
	}
	_, config, password := drilltest.Shop(h.t, "shop_target", 1)
	c["the password of a target"] = password
	to := drilltest.NewBucket(h.t)
	for _, in := range []restore.Input{
		{SnapshotID: newest(plans[0]), Kind: restore.Database, Names: map[string]string{"shop_secret": "shop_restored"},
			Server: &restore.Server{Host: config.Host, Port: config.Port, User: config.User, Password: secret.Text(password), TLS: postgres.TLSDisable}},
		{SnapshotID: newest(plans[0]), Kind: restore.Database, Names: map[string]string{"shop_secret": "shop_refused"},
			Server: &restore.Server{Host: config.Host, Port: config.Port, User: config.User, Password: secret.Text(c.make("a wrong password of a target")), TLS: postgres.TLSDisable}},
		{SnapshotID: newest(plans[1]), Kind: restore.Bucket, Prefix: "out/",
			Bucket: &restore.Store{Endpoint: to.URL, Region: "eu-central-1", Bucket: drilltest.BucketName, AccessKey: "AKIATEST", Secret: secret.Text(c.make("the secret key of a target"))}},
	} {
		id, err := h.Restores.Start(h.t.Context(), h.actor, in)
		must(h.t, err)
		got := h.await(id)
		if wrong := in.Names["shop_secret"] == "shop_refused"; wrong != (got.State == task.Failed) {
			h.t.Errorf("restore into %s: %s %s %v", in.Kind, got.State, got.FailureKey, got.FailureArgs)
		}
	}
	h.t.Cleanup(func() {
		server, _, _ := drilltest.Shop(h.t, "shop_cleaner", 1)
		server.SQL(h.t, "postgres", `DROP DATABASE IF EXISTS shop_restored WITH (FORCE)`)
	})
}

// failuresWithSecrets are what goes wrong, and is told, while a secret is at hand.
func (h *house) failuresWithSecrets(c canaries) {
	h.t.Helper()
	shop, _ := h.shop("shop_failing", 1)
	shop.Secret = secret.Text(c.make("a wrong password"))
	b := drilltest.NewBucket(h.t)
	b.Disturb(func(w http.ResponseWriter, _ *http.Request) bool {
		drilltest.Refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return true
	})
	objects := source.Input{Name: "refused", Kind: source.S3, Config: source.Config{Bucket: b.Source("")}, Secret: secret.Text(c.make("a refused secret key"))}
	vaultID := h.vault(vault.Input{Name: "for failures", Kind: vault.Filesystem})
	for _, in := range []source.Input{shop, objects} {
		plan := h.plan(vaultID, in)
		if got := h.backUp(plan); got.FailureClass != fail.ClassCredentials {
			h.t.Errorf("%s: %s %s", in.Name, got.State, got.FailureKey)
		}
	}
	refused := b.Vault("refused vault", "")
	refused.SecretKey = secret.Text(c.make("a refused secret key of a vault"))
	_, setup, err := h.Vaults.Create(h.t.Context(), h.actor, refused)
	must(h.t, err)
	if got := h.await(setup); got.FailureClass != fail.ClassCredentials {
		h.t.Errorf("set-up: %s %s", got.State, got.FailureKey)
	}
}
