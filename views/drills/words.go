package drills

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/drill"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
)

// mostFailed is how many failed checks a certificate spells out.
const mostFailed = 12

func kindIcon(kind string) string {
	switch kind {
	case "folder":
		return "folder-open"
	case "s3":
		return "cloud"
	default:
		return "database"
	}
}

func (p Page) empty(ctx context.Context) parts.EmptyProps {
	if p.SourceID != uuid.Nil || p.Result != "" {
		return parts.EmptyProps{Icon: "shield", Title: locales.T(ctx, "drills.empty.filtered"), Second: parts.Action{Label: locales.T(ctx, "drills.empty.all"), URL: "/drills"}}
	}
	return parts.EmptyProps{Icon: "shield", Title: locales.T(ctx, "drills.empty.title"), Text: locales.T(ctx, "drills.empty.text"),
		Second: parts.Action{Label: locales.T(ctx, "drills.empty.sources"), URL: "/sources"}}
}

func explanation(d drill.Drill) string {
	if d.State == task.Failed {
		return "failed"
	}
	return "running"
}

func sealWord(ctx context.Context, passed bool) string {
	if passed {
		return locales.T(ctx, "drills.seal.proven")
	}
	return locales.T(ctx, "drills.seal.failed")
}

// short is the part of an id that people tell snapshots by.
func short(id uuid.UUID) string { return id.String()[28:] }

// cut keeps a long value, such as a digest, to what a line holds.
func cut(text string) string {
	if len(text) > 40 {
		return text[:18] + "…" + text[len(text)-18:]
	}
	return text
}

// moment is a point in time on paper: with its zone, for whoever reads it later.
func moment(ctx context.Context, t time.Time) string {
	zone, _ := t.In(locales.Zone(ctx)).Zone()
	return locales.T(ctx, "drills.moment", "date", locales.Date(ctx, t), "time", locales.Time(ctx, t), "zone", zone)
}

func (c Certificate) span(ctx context.Context) string {
	zone, _ := c.Doc.FinishedAt.In(locales.Zone(ctx)).Zone()
	return locales.T(ctx, "drills.span", "date", locales.Date(ctx, c.Doc.StartedAt), "from", locales.Seconds(ctx, c.Doc.StartedAt),
		"to", locales.Seconds(ctx, c.Doc.FinishedAt), "zone", zone)
}

// sentence says in one breath what was proven, or was not.
func (c Certificate) sentence(ctx context.Context) templ.Component {
	name, taken := strong(parts.Name(c.Doc.Source.Name)), parts.Strong(moment(ctx, c.Doc.Snapshot.TakenAt))
	compared := c.recorded("hash", "content", c.files()) // of a list of files, some are restored or all
	switch {
	case !c.Doc.Passed && c.cause() == "assertion":
		return parts.Say("drills.sentence.assertion", "name", name, "taken", taken)
	case !c.Doc.Passed:
		return parts.Say("drills.sentence.failed", "name", name, "taken", taken)
	case compared < c.files():
		return parts.Say("drills.sentence.sample", "name", name, "taken", taken, "compared", locales.Number(ctx, compared), "files", locales.Number(ctx, c.files()))
	default:
		return parts.Say("drills.sentence.passed", "name", name, "taken", taken)
	}
}

func (c Certificate) verdict(ctx context.Context) string {
	if bad := c.Doc.Total - c.Doc.Good; bad > 0 {
		return locales.N(ctx, "drills.verdict_failed", bad, "total", locales.Number(ctx, c.Doc.Total))
	}
	return locales.N(ctx, "drills.verdict_passed", c.Doc.Total)
}

// cause is what a failed proof failed by: unreadable, assertion (only), or content.
func (c Certificate) cause() string {
	content := false
	for _, check := range c.Doc.Checks {
		if !check.OK && check.Group == "readable" {
			return "unreadable"
		}
		content = content || !check.OK
	}
	if content {
		return "content"
	}
	return "assertion"
}

func (c Certificate) source() templ.Component {
	name := parts.Name(c.Doc.Source.Name)
	if c.Doc.Source.Version == "" {
		return name
	}
	return parts.Say("drills.system", "name", name, "version", c.Doc.Source.Version)
}

func (c Certificate) size(ctx context.Context) string {
	size := locales.Bytes(ctx, c.Doc.Snapshot.Bytes)
	if c.Doc.Snapshot.Rows != nil {
		return locales.N(ctx, "drills.size.tables", int(c.Doc.Snapshot.Tables), "size", size)
	}
	return locales.N(ctx, "drills.size.files", int(c.files()), "size", size)
}

// files are the source's own: the snapshot also holds the list that is compared.
func (c Certificate) files() int64 { return c.recorded("files", "files", c.Doc.Snapshot.Files) }

// recorded is the number that a check stands for, or otherwise.
func (c Certificate) recorded(group, name string, otherwise int64) int64 {
	for _, check := range c.Doc.Checks {
		if n, err := strconv.ParseInt(check.Recorded, 10, 64); err == nil && check.Group == group && check.Name == name {
			return n
		}
	}
	return otherwise
}

func (c Certificate) target(ctx context.Context) string {
	if c.Doc.Target == "folder" {
		return locales.T(ctx, "drill.target.folder")
	}
	return locales.T(ctx, "drill.target.server", "server", c.Doc.Target)
}

// failed are the checks to spell out, and how many more there are.
func (c Certificate) failed() (failed []drill.Check, more int) {
	for _, check := range c.Doc.Checks {
		if !check.OK {
			failed = append(failed, check)
		}
	}
	if len(failed) > mostFailed {
		return failed[:mostFailed], len(failed) - mostFailed
	}
	return failed, 0
}

func (c Certificate) command() string {
	return "levqor verify-proof " + c.Doc.Proof + ".json --key " + c.Fingerprint
}
