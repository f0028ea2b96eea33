package palette_test

import (
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/vault"
)

func TestPalette(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	furnish(t, h)
	has := func(t *testing.T, body string, wanted bool, pieces ...string) {
		t.Helper()
		for _, piece := range pieces {
			if strings.Contains(body, piece) != wanted {
				t.Errorf("%q: wanted %v in\n%s", piece, wanted, body)
			}
		}
	}
	t.Run("a viewer is offered no action", func(t *testing.T) {
		viewer := h.Member(account.RoleViewer)
		for _, query := range []string{"", "a", "shop", "back+up+shop", "vault", "token"} {
			body := viewer.Fragment("/palette?q=" + query).Body
			has(t, body, false, "<form", "/sources/new", "/vaults/new", "/settings/tokens", "/settings/audit")
		}
		has(t, viewer.Fragment("/palette?q=shop").Body, true, `href="/sources/`, "<mark>shop</mark>")
	})
	t.Run("an operator is offered work, not management", func(t *testing.T) {
		body := h.Member(account.RoleOperator).Fragment("/palette?q=a").Body
		has(t, body, true, `action="/drills"`)
		has(t, body, false, "/sources/new", "/vaults/new", "/settings/members")
	})
	t.Run("another workspace finds nothing of it", func(t *testing.T) {
		has(t, h.Stranger.Fragment("/palette?q=shop").Body, false, "shop-files", "shop-vault")
	})
	t.Run("the fragment is no page, the page is one", func(t *testing.T) {
		has(t, h.Owner.Fragment("/palette?q=shop").Body, false, "<html")
		has(t, h.Owner.Get("/palette?q=shop").Body, true, "<html", `value="shop"`, "<h1", "<mark>shop</mark>-files")
	})
	t.Run("words before a name say what to do", func(t *testing.T) {
		body := h.Owner.Fragment("/palette?q=vaul").Body
		has(t, body, true, `href="/vaults/new"`, `href="/vaults"`, "shop-<mark>vaul</mark>t")
	})
	t.Run("help is found by a word in its text", func(t *testing.T) {
		has(t, h.Owner.Fragment("/palette?q=fingerprint").Body, true, `href="/help/proofs"`)
	})
	t.Run("a workflow is found, and run by those who may", func(t *testing.T) {
		const step = "\nsteps: [{id: a, kind: log, config: {message: hi}}]"
		byHand := h.Publish("Shop <closing>", "trigger: {kind: manual}"+step).String()
		nightly := h.Publish("Shop nightly", "trigger: {kind: schedule, config: {cron: \"0 3 * * *\", time_zone: UTC}}"+step).String()
		run := "/workflows/" + byHand + "?open=start"
		operator, viewer := h.Member(account.RoleOperator), h.Member(account.RoleViewer)
		has(t, operator.Fragment("/palette?q=shop").Body, true, `href="/workflows/`+byHand+`"`, `href="/workflows/`+nightly+`"`, `href="`+run+`"`, "<mark>Shop</mark> &lt;closing&gt;")
		has(t, operator.Fragment("/palette?q=shop").Body, false, nightly+"?open", "/workflows/new")
		has(t, operator.Fragment("/palette?q=run+closing").Body, true, `href="`+run+`"`)
		has(t, viewer.Fragment("/palette?q=shop").Body, true, `href="/workflows/`+byHand+`"`)
		has(t, viewer.Fragment("/palette?q=shop").Body, false, "?open=start")
		has(t, h.Stranger.Fragment("/palette?q=shop").Body, false, byHand)
		has(t, operator.Get(run).Body, true, `id="start"`, "data-open-now")
		has(t, viewer.Get(run).Body, false, `id="start"`, "data-open-now")
		has(t, operator.Get("/runs").Body, true, "Nothing ran yet")
	})
	t.Run("new workflow is for managers, templates, runs and approvals for all", func(t *testing.T) {
		has(t, h.Owner.Fragment("/palette?q=new+workflow").Body, true, `href="/workflows/new"`)
		for query, page := range map[string]string{"templ": "/templates", "runs": "/runs", "approv": "/approvals"} {
			has(t, h.Member(account.RoleViewer).Fragment("/palette?q="+query).Body, true, `href="`+page+`"`)
		}
	})
	t.Run("leads nowhere that is not there", func(t *testing.T) {
		for _, person := range []*apptest.Person{h.Owner, h.Member(account.RoleViewer)} {
			for _, query := range []string{"", "shop", "a", "proof"} {
				for _, match := range regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(person.Fragment("/palette?q="+query).Body, -1) {
					if answer := person.Get(match[1]); answer.Status != 200 && !strings.HasPrefix(match[1], "/static/") {
						t.Errorf("%s leads %s to %s, which answers %d", query, person.Email, match[1], answer.Status)
					}
				}
			}
		}
	})
	t.Run("what was typed stays text, however long", func(t *testing.T) {
		has(t, h.Owner.Fragment("/palette?q=%3Cscript%3Ealert(1)%3C/script%3E").Body, false, "<script")
		if answer := h.Owner.Fragment("/palette?q=" + strings.Repeat("%C3%A9", 400)); answer.Status != 200 {
			t.Error(answer.Status)
		}
	})
}

func furnish(t *testing.T, h *apptest.House) {
	t.Helper()
	if _, _, err := h.Services.Sources.Create(t.Context(), h.Actor, source.Input{
		Name: "shop-files", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: h.Root}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Services.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "shop-vault", Kind: vault.Filesystem}); err != nil {
		t.Fatal(err)
	}
}
