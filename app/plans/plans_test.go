package plans_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/drill/drilltest"
)

var tag = regexp.MustCompile(`<[^>]*>`)

func even(text string) string { return strings.Join(strings.Fields(text), " ") }

// has checks the status and that each text stands on the page, as people read it
// or as its markup.
func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	body := even(html.UnescapeString(a.Body))
	read := even(tag.ReplaceAllString(body, ""))
	if a.Status != status {
		t.Errorf("status %d, want %d: %s", a.Status, status, a.Location())
	}
	for _, text := range texts {
		if !strings.Contains(body, text) && !strings.Contains(read, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

// form is a plan that can be saved, with some fields changed.
func form(vault uuid.UUID, changed ...string) []string {
	pairs := []string{"revision", "1", "schedule", "interval", "every_minutes", "360", "cron", "", "time_zone", "Europe/London", "vault_id", vault.String(),
		"rpo_minutes", "360", "rto_minutes", "720", "proof", "0 4 * * SUN", "drill_cron", "", "keep.last", "0", "keep.all_days", "2", "keep.hourly_days", "0",
		"keep.daily_days", "30", "keep.weekly_days", "90", "keep.monthly_days", "365", "keep.yearly_days", "0", "keep.max_age_days", "0", "keep.min_age_days", "0"}
	for i := 0; i < len(changed); i += 2 {
		for j := 0; j < len(pairs); j += 2 {
			if pairs[j] == changed[i] {
				pairs[j+1] = changed[i+1]
			}
		}
		if strings.HasPrefix(changed[i], "assert_") || changed[i] == "do" {
			pairs = append(pairs, changed[i], changed[i+1])
		}
	}
	return pairs
}

// shop is a source with a plan and nothing behind them.
func shop(t *testing.T, h *apptest.House, name string) *drilltest.History {
	t.Helper()
	return drilltest.New(t, h.Services.DB, h.Actor, name, h.Services.Clock.Now().AddDate(-1, 0, 0))
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	s := shop(t, h, "shop-db")
	plan, of := "/plans/"+s.PlanID.String(), "/sources/"+s.SourceID.String()
	viewer, operator, admin := h.Member(account.RoleViewer), h.Member(account.RoleOperator), h.Member(account.RoleAdmin)
	reads := []string{plan + "/settings", of + "/plans/new"}
	writes := []string{plan, plan + "/deletions", plan + "/retention", of + "/plans"}
	t.Run("nobody below an admin makes, changes or deletes a plan", func(t *testing.T) {
		for _, person := range []*apptest.Person{viewer, operator} {
			for _, path := range reads {
				has(t, person.Get(path), 403)
			}
			for _, path := range writes {
				has(t, person.Post(path, form(s.VaultID, "confirm", "shop-db")...), 403)
			}
		}
	})
	t.Run("a viewer starts and pauses nothing", func(t *testing.T) {
		for _, path := range []string{"/backups", "/pauses", "/resumptions"} {
			has(t, viewer.Post(plan+path), 403)
		}
	})
	t.Run("another workspace finds nothing", func(t *testing.T) {
		for _, path := range append(reads, plan+"/retention", of+"/plans/preview", "/plans/none/settings") {
			has(t, h.Stranger.Get(path), 404)
		}
		for _, path := range append(writes, plan+"/backups", plan+"/pauses", plan+"/resumptions") {
			has(t, h.Stranger.Post(path, form(s.VaultID, "confirm", "shop-db")...), 404)
		}
	})
	t.Run("a viewer sees what is kept, with nothing to move", func(t *testing.T) {
		answer := viewer.Get(plan + "/retention")
		has(t, answer, 200, "What shop-db keeps, and for how long")
		if strings.Contains(answer.Body, "Save policy") || !strings.Contains(answer.Body, "disabled") {
			t.Error("it can be changed")
		}
	})
	t.Run("an operator pauses and goes on, and starts a backup", func(t *testing.T) {
		for _, step := range []struct{ path, says string }{{"/pauses", "Go on"}, {"/resumptions", "Next:"}} {
			if answer := operator.Post(plan + step.path); answer.Status != 303 {
				t.Error(step.path, answer.Status)
			}
			has(t, operator.Get(of), 200, step.says)
		}
		started := operator.Post(plan + "/backups")
		if started.Status != 303 || !strings.HasPrefix(started.Location(), "/backups/") {
			t.Error(started.Status, started.Location())
		}
		has(t, operator.Post(plan+"/backups"), 409, "shop-db is being worked on already.")
	})
	t.Run("an admin reads every form", func(t *testing.T) {
		for _, path := range reads {
			has(t, admin.Get(path), 200)
		}
	})
}

func TestTheFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	s := shop(t, h, "shop-db")
	for _, c := range []struct {
		name, field, sentence string
		changed               []string
	}{
		{"cron line", "cron", "The first part, the minute, can’t be “61”. Use 0 to 59, lists, ranges or *.", []string{"schedule", "cron", "cron", "61 2 * * *"}},
		{"short cron line", "cron", "A cron line has five parts (minute, hour, day, month, weekday). This one has 2.", []string{"schedule", "cron", "cron", "0 2"}},
		{"a day that never comes", "cron", "No calendar has that day, so it would never run.", []string{"schedule", "cron", "cron", "0 0 30 2 *"}},
		{"no cron line", "cron", "Choose either a cron line or an interval.", []string{"schedule", "cron"}},
		{"interval", "every_minutes", "Use whole minutes, from 5 minutes to 31 days.", []string{"every_minutes", "2"}},
		{"time zone", "time_zone", "There is no time zone “Europe/Atlantis”.", []string{"time_zone", "Europe/Atlantis"}},
		{"days", "keep.daily_days", "Use a number of days from 0 to 3660.", []string{"keep.daily_days", "many"}},
		{"ages", "keep.max_age_days", "The greatest age can’t be below the least.", []string{"keep.max_age_days", "5", "keep.min_age_days", "9"}},
		{"cron line of proofs", "drill_cron", "The second part, the hour, can’t be “25”.", []string{"proof", "own", "drill_cron", "0 25 * * *"}},
		{"objective", "rpo_minutes", "Choose a time between one minute and one year.", []string{"rpo_minutes", "0"}},
		{"vault", "vault_id", "Choose a vault that is ready.", []string{"vault_id", uuid.NewString()}},
		{"check", "assertions", "Give each assertion a query.", []string{"assert_name", "Orders", "assert_database", "shop", "assert_query", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := h.Owner.Post("/sources/"+s.SourceID.String()+"/plans", form(s.VaultID, c.changed...)...)
			has(t, answer, 422, c.sentence, `href="#f-`+c.field+`"`)
			if typed := c.changed[len(c.changed)-1]; typed != "" && c.field != "vault_id" && !strings.Contains(html.UnescapeString(answer.Body), `"`+typed+`"`) {
				t.Errorf("%q is lost", typed)
			}
		})
	}
	if n := h.Count(`SELECT count(*) FROM plans`); n != 1 {
		t.Errorf("%d plans are there", n)
	}
	t.Run("it draws the next runs in the plan's own zone while somebody types", func(t *testing.T) {
		answer := h.Owner.Fragment("/sources/" + s.SourceID.String() + "/plans/preview?schedule=cron&cron=30+2+*+*+*&time_zone=Pacific/Apia&keep.daily_days=3&vault_id=" + s.VaultID.String())
		has(t, answer, 200, "every day at 02:30 (Pacific/Apia)", "Next runs, in Pacific/Apia time", "3 days daily")
		if n := strings.Count(answer.Body, "02:30</time>"); n != 5 {
			t.Errorf("%d runs", n)
		}
		has(t, h.Owner.Fragment("/sources/"+s.SourceID.String()+"/plans/preview?schedule=cron&cron=x&time_zone=UTC"), 200, "A cron line has five parts")
	})
	t.Run("without JavaScript a press adds a row, and saves nothing", func(t *testing.T) {
		answer := h.Owner.Post("/sources/"+s.SourceID.String()+"/plans", form(s.VaultID, "do", "preview", "time_zone", "UTC")...)
		has(t, answer, 200, "Next runs, in UTC time")
		if n := h.Count(`SELECT count(*) FROM plans`); n != 1 {
			t.Errorf("%d plans are there", n)
		}
	})
}

func TestChangingAPlan(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	s := shop(t, h, "shop-db")
	plan := "/plans/" + s.PlanID.String()
	t.Run("it is saved once", func(t *testing.T) {
		answer := h.Owner.Post(plan, form(s.VaultID, "schedule", "cron", "cron", "15 3 * * MON")...)
		if answer.Status != 303 || answer.Location() != "/sources/"+s.SourceID.String() {
			t.Fatal(answer.Status, answer.Location(), answer.Body)
		}
		has(t, h.Owner.Get("/sources/"+s.SourceID.String()), 200, "Plan saved.", "every Monday at 03:15 (Europe/London)")
	})
	t.Run("who comes second sees what the first made of it, and keeps what was typed", func(t *testing.T) {
		answer := h.Owner.Post(plan, form(s.VaultID, "schedule", "cron", "cron", "7 7 * * *")...)
		has(t, answer, 409, "Somebody else changed this plan while you were here.", "every Monday at 03:15", `value="7 7 * * *"`, `name="revision" value="2"`)
		if n := h.Count(`SELECT count(*) FROM plans WHERE cron = '15 3 * * MON' AND revision = 2`); n != 1 {
			t.Error("theirs is gone")
		}
	})
	t.Run("it is deleted by the source's name only", func(t *testing.T) {
		has(t, h.Owner.Post(plan+"/deletions", "confirm", "shop"), 422, "That is not the name. Type shop-db.")
		if answer := h.Owner.Post(plan+"/deletions", "confirm", "shop-db"); answer.Status != 303 {
			t.Fatal(answer.Status)
		}
		has(t, h.Owner.Get(plan+"/settings"), 404)
	})
}
