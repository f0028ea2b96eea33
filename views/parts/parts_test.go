package parts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales/localestest"
	"levqor/views/parts"
)

func render(t *testing.T, ctx context.Context, c templ.Component) string {
	t.Helper()
	var out strings.Builder
	if err := c.Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// has checks that each piece of markup is there, once spaces are evened out (no-break ones too).
func has(t *testing.T, html string, pieces ...string) {
	t.Helper()
	html = strings.Join(strings.Fields(html), " ")
	for _, piece := range pieces {
		if !strings.Contains(html, piece) {
			t.Errorf("no %s in\n%s", piece, html)
		}
	}
}

func TestWhatPeopleTypedIsEscapedAndKeepsItsDirection(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	evil := `</bdi><script>alert(1)</script>`
	for name, c := range map[string]templ.Component{
		"name":     parts.Name(evil),
		"mono":     parts.Mono(evil),
		"link":     parts.Link("/x", evil),
		"sentence": parts.Say("parts.confirm.label", "name", parts.Name(evil)),
		"plain":    parts.Say("parts.confirm.label", "name", evil),
		"hold":     parts.HoldChip(evil),
		"code":     parts.CopyBlock(parts.CopyProps{ID: "x", Text: "-- " + evil}),
		"log":      parts.Log([]parts.LogLine{{At: localestest.Now, Text: evil}}, true),
		"input":    parts.Input(parts.InputProps{Name: "x", Value: `"><script>`, Label: evil}),
	} {
		if html := render(t, ctx, c); strings.Contains(html, "<script") {
			t.Errorf("%s: %s", name, html)
		}
	}
	has(t, render(t, ctx, parts.Say("parts.confirm.label", "name", parts.Name("a<b"))), "Type <bdi>a&lt;b</bdi> to go on")
}

func TestAFieldIsTiedToItsErrorAndHint(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	html := render(t, ctx, parts.Input(parts.InputProps{Name: "port", Label: "Port", Hint: "Usually 5432", Error: "Use a number", Mono: true}))
	has(t, html, `for="f-port"`, `id="f-port"`, `aria-invalid="true"`, `aria-describedby="f-port-error f-port-hint"`,
		`id="f-port-error"`, `id="f-port-hint"`, `dir="ltr"`)
	if html = render(t, ctx, parts.Input(parts.InputProps{Name: "port", Label: "Port"})); strings.Contains(html, "aria-") {
		t.Errorf("a field that is fine says it is not: %s", html)
	}
}

func TestProblemsSpeakAndPointAtTheirFields(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	var form fail.Form
	form.Add("port", "fail.form.text")
	form.Add("host", "fail.form.text")
	problems := parts.ProblemsOf(ctx, form.Err())
	if problems.For("port") == "" || problems.For("name") != "" {
		t.Errorf("problems: %+v", problems)
	}
	has(t, render(t, ctx, parts.ErrorSummary(problems)), "2 things to mend", `href="#f-port"`, `href="#f-host"`, `role="alert"`)
	if html := render(t, ctx, parts.ErrorSummary(nil)); html != "" {
		t.Errorf("no problem, and yet: %s", html)
	}
	hidden := parts.ProblemsOf(ctx, context.DeadlineExceeded)
	if len(hidden) != 1 || strings.Contains(hidden[0].Text, "deadline") {
		t.Errorf("an internal error shows itself: %+v", hidden)
	}
	if got := parts.FailureOf(ctx, "fail.form", nil); got.Mend != "" {
		t.Errorf("a failure without a mend has %q", got.Mend)
	}
}

func TestOnlyWhatNobodyChoseIsAWarning(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	chosen := source.Note{Key: "postgres.note.databases_unchosen", Args: map[string]any{"count": 2, "names": []any{"blog", "crm"}}}
	denied := source.Note{Key: "postgres.note.database_denied", Args: map[string]any{"name": "shop"}, MendSQL: "GRANT CONNECT"}
	if html := render(t, ctx, parts.Notes("out", "Left out", []source.Note{chosen})); strings.Contains(html, "warning") || !strings.Contains(html, "blog, crm") {
		t.Error(html)
	}
	has(t, render(t, ctx, parts.Notes("out", "Left out", []source.Note{chosen, denied})), `data-s="warning"`, `id="out-sql-1"`)
}

func TestATaskCardFollowsItsWork(t *testing.T) {
	t.Parallel()
	ctx := parts.WithCSRF(localestest.Context(t, "en"), "token")
	started := localestest.Now.Add(-82 * time.Second)
	running := parts.TaskProps{
		ID: "7", Status: parts.StatusRunning, Title: "Backup", StartedAt: &started, Label: "Backup of shop-db", Doing: "Reading",
		Percent: 64, Known: true, Left: 45 * time.Second, BytesDone: 3_100_000_000, BytesTotal: 4_800_000_000, CancelURL: "/c",
		Event: "task-7", RefreshURL: "/backups/7",
	}
	has(t, render(t, ctx, parts.TaskCard(running)), `hx-get="/backups/7"`, `hx-trigger="task-7 from:#live, refresh from:#live"`,
		`value="64"`, "3.1 GB of 4.8 GB", "45 s left", `name="csrf" value="token"`, "64 percent done, 45 s left")
	failed := parts.TaskProps{ID: "7", Status: parts.StatusFailed, Failure: parts.Failure{Text: "Refused.", Mend: "Save it again."}, Mend: parts.Action{Label: "Mend", URL: "/m"}}
	html := render(t, ctx, parts.TaskCard(failed))
	has(t, html, "Refused.", "Save it again.", `href="/m"`)
	if strings.Contains(html, "hx-") || strings.Contains(html, "<progress") {
		t.Errorf("a task that is over still asks: %s", html)
	}
}

func TestMeterAndSparklineStayInsideTheirBox(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	has(t, render(t, ctx, parts.Meter(parts.MeterProps{Percent: 412})), `width="100"`)
	has(t, render(t, ctx, parts.Meter(parts.MeterProps{Percent: -3})), `width="0"`)
	has(t, render(t, ctx, parts.Sparkline(parts.SparkProps{Values: []float64{1, 2, 3}})), `d="M0 30L120 16L240 2"`)
	has(t, render(t, ctx, parts.Sparkline(parts.SparkProps{Values: []float64{5}})), `d="M0 16H240"`)
	if html := render(t, ctx, parts.Sparkline(parts.SparkProps{})); html != "" {
		t.Errorf("nothing to draw: %s", html)
	}
}

func TestCodeKeepsItsTextAndMarksKeywords(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	html := render(t, ctx, parts.CopyBlock(parts.CopyProps{ID: "g", Label: "SQL", Text: "-- reads\nGRANT a TO b; -- 'NOT THIS'\n"}))
	has(t, html, "<i>-- reads", "<em>GRANT</em> a <em>TO</em> b;", "&#39;NOT THIS&#39;", `data-copy-from="g"`)
	pre := html[strings.Index(html, "<pre"):strings.Index(html, "</pre>")]
	if !strings.Contains(pre, ">-- reads\n</i><em>GRANT</em> a ") {
		t.Errorf("space crept into what people copy: %q", pre)
	}
}

func TestErrorPagesOfferAWayOut(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	has(t, render(t, ctx, parts.ErrorPage(parts.ErrorProps{Status: 404})), "<h1>There is nothing here</h1>", `href="/"`)
	has(t, render(t, ctx, parts.ErrorPage(parts.ErrorProps{Status: 500, RequestID: "req_1"})), "data-reload", "req_1")
}
