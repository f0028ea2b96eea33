package sources_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
)

// situation is a source's past and what every page must say of it.
type situation struct {
	name  string
	past  func(h *drilltest.History, ago func(time.Duration) time.Time)
	want  drill.Protection
	words string     // of its badge; of a proven one: when
	alert alert.Kind // that time opens; empty: none
}

const day = 24 * time.Hour

// proven is the past of a healthy source, to be spoiled.
func proven(h *drilltest.History, ago func(time.Duration) time.Time) (copied uuid.UUID) {
	h.Backup(ago(3*day), 100<<20)
	h.Drill(ago(3*day-time.Hour), true)
	_, copied = h.Backup(ago(time.Hour), 110<<20)
	return copied
}

var situations = []situation{
	{"healthy", func(h *drilltest.History, ago func(time.Duration) time.Time) { proven(h, ago) }, drill.Proven, "2 days ago", ""},
	{"healthy though its proven copy is gone", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		_, first := h.Backup(ago(3*day), 100<<20)
		h.Drill(ago(3*day-time.Hour), true)
		h.Alter(first, "state", "deleted")
		h.Backup(ago(time.Hour), 110<<20)
	}, drill.Proven, "2 days ago", ""},
	{"newest drill failed", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		proven(h, ago)
		h.Drill(ago(time.Minute), false)
	}, drill.ProofFailed, "Proof failed", ""},
	{"five drills in error since", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		_, first := h.Backup(ago(3*day), 101)
		h.Drill(ago(3*day-time.Hour), true)
		h.Backup(ago(time.Hour), 101)
		for i := range 5 {
			h.FailedDrill(ago(time.Duration(5-i)*time.Minute), "transient", "drill.fail.no_scratch")
		}
		h.Alter(first, "state", "deleted")
	}, drill.DrillFailed, "Proof did not finish", ""},
	{"a thousand times larger", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		proven(h, ago)
		h.Backup(ago(time.Minute), 100<<30)
	}, drill.ShapeChanged, "Changed since its proof", alert.ShapeChanged},
	{"another database", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		newest := proven(h, ago)
		h.Alter(newest, "truth", json.RawMessage(`{"postgres": {"databases": [{"name": "other"}]}}`))
	}, drill.ShapeChanged, "Changed since its proof", alert.ShapeChanged},
	{"a database left out", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		h.Alter(proven(h, ago), "uncovered", 1)
	}, drill.Incomplete, "Not everything is copied", alert.Incomplete},
	{"copies from the future", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		h.Backup(ago(3*day), 100<<20)
		h.Drill(ago(3*day-time.Hour), true)
		h.Backup(ago(-400*day), 110<<20)
	}, drill.CopyOld, "Copy too old", alert.BackupOverdue},
	{"newest copy doubted", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		newest := proven(h, ago)
		h.Doubt(newest, ago(time.Minute))
	}, drill.CopyOld, "Copy too old", alert.BackupOverdue},
	{"late", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		h.Backup(ago(3*day), 100<<20)
		h.Drill(ago(3*day-time.Hour), true)
	}, drill.CopyOld, "Copy too old", alert.BackupOverdue},
	{"proof too old", func(h *drilltest.History, ago func(time.Duration) time.Time) {
		h.Backup(ago(40*day), 100<<20)
		h.Drill(ago(39*day), true)
		h.Backup(ago(time.Hour), 110<<20)
	}, drill.ProofOld, "Proof too old", alert.ProofOld},
	{"never drilled", func(h *drilltest.History, ago func(time.Duration) time.Time) { h.Backup(ago(time.Hour), 7) }, drill.Unproven, "Not proven yet", ""},
}

// TestProtectionIsTheSameEverywhere walks all places that say whether a source
// is protected: Home's sentence, counts and grid, the list of sources, a source's
// page, the API, and the alerts.
func TestProtectionIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	now := h.Services.Clock.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	ids := map[string]*drilltest.History{}
	provenCount := 0
	for _, s := range situations {
		past := drilltest.New(t, h.Services.DB, h.Actor, s.name, ago(50*day))
		s.past(past, ago)
		ids[s.name] = past
		if s.want == drill.Proven {
			provenCount++
		}
	}
	for range 2 { // what is told once stays told once
		for _, sweep := range []error{h.Services.Alerts.SweepOverdue(t.Context()), h.Services.Alerts.SweepStanding(t.Context())} {
			if sweep != nil {
				t.Fatal(sweep)
			}
		}
	}
	token := h.Token(string(account.ScopeRead))
	home, list := h.Owner.Get("/").Body, h.Owner.Get("/sources").Body
	alerts, err := h.Services.Alerts.List(t.Context(), h.Actor, alert.Filter{Open: true, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if sentence := fmt.Sprintf("%d of %d sources are proven", provenCount, len(situations)); !strings.Contains(home, sentence) {
		t.Errorf("Home does not say %q", sentence)
	}
	counted := 0
	for _, s := range situations {
		id := ids[s.name].SourceID.String()
		t.Run(s.name, func(t *testing.T) {
			for place, body := range map[string]string{"Home": home, "the list": list} {
				if row := rowOf(body, id); !strings.Contains(row, s.words) {
					t.Errorf("%s says: %s", place, row)
				}
			}
			page := h.Owner.Get("/sources/" + id)
			if page.Status != 200 {
				t.Fatalf("%d: %.400s", page.Status, page.Body)
			}
			header, _, _ := strings.Cut(page.Body[strings.Index(page.Body, "<h1"):], "</header>")
			if strings.Contains(header, "Proven ") != (s.want == drill.Proven) || s.want != drill.Proven && !strings.Contains(header, s.words) {
				t.Errorf("its page does not say %q", s.words)
			}
			var answer struct {
				Protection struct {
					State  drill.Protection
					Needed bool `json:"needs_attention"`
				}
			}
			body := h.JSON(token, "GET", "/api/v1/sources/"+id, "").Body
			if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Protection.State != s.want {
				t.Errorf("the API says %.300s: %v", body, err)
			}
			if answer.Protection.State == drill.Proven {
				counted++
			}
			if s.want.Attention() != answer.Protection.Needed {
				t.Errorf("attention: %v", answer.Protection.Needed)
			}
			var opened alert.Kind
			for _, a := range alerts {
				if a.SourceID.String() == id {
					opened = a.Kind
				}
			}
			if opened != s.alert {
				t.Errorf("its alert is %q", opened)
			}
		})
	}
	if counted != provenCount {
		t.Errorf("the API counts %d proven, Home %d", counted, provenCount)
	}
}

// rowOf is the text of the table row that links to the source.
func rowOf(body, id string) string {
	for _, row := range strings.Split(body, "<tr>")[1:] {
		if strings.Contains(row, "/sources/"+id) {
			row, _, _ = strings.Cut(row, "</tr>")
			return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(row, " ")), " ")
		}
	}
	return ""
}
