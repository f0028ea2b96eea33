package restores

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/parts"
	"levqor/views/snapshots"
)

func (p NewPage) path(tail string) templ.SafeURL {
	if p.Lang != "" {
		tail += "?lang=" + url.QueryEscape(p.Lang)
	}
	return snapshots.URL(p.Choice.SnapshotID) + "/restores" + templ.SafeURL(tail)
}

func (p NewPage) isDatabase() bool { return p.Choice.SourceKind == string(source.Postgres) }

func (p NewPage) is(to To) bool { return p.Draft.To == to }

// problem is what is wrong with a field of the choice that was made.
func (p NewPage) problem(to To, field string) string {
	if p.is(to) {
		return p.Problems.For(field)
	}
	return ""
}

func (p NewPage) choice(ctx context.Context, to To) parts.ChoiceProps {
	kind := p.Choice.SourceKind
	return parts.ChoiceProps{
		Name: "to", Value: string(to), Checked: p.is(to), Danger: to == ToLive,
		Label: locales.T(ctx, "restores.to."+string(to)+"."+kind+".label"), Hint: locales.T(ctx, "restores.to."+string(to)+"."+kind+".hint"),
		Chip: p.chip(ctx, to),
	}
}

// Usual is where a copy of that kind should come back unless somebody says otherwise.
func Usual(c restore.Choice) To {
	switch {
	case c.SourceThere && c.SourceKind != string(source.Folder):
		return ToCopy
	case c.SourceKind == string(source.Folder) && c.Folder != "":
		return ToFolder
	default:
		return ToDownload
	}
}

// targets are the places to choose from, the usual one first and the live data last.
func (p NewPage) targets() (targets []To) {
	order := []To{ToCopy, ToServer, ToDownload, ToFolder, ToBucket, ToLive}
	if !p.isDatabase() {
		order = []To{ToCopy, ToFolder, ToBucket, ToDownload, ToLive}
	}
	for _, to := range order {
		if p.offers(to) {
			targets = append(targets, to)
		}
	}
	return targets
}

func (p NewPage) chip(ctx context.Context, to To) string {
	if to == Usual(p.Choice) {
		return locales.T(ctx, "restores.to.usual")
	}
	return ""
}

// offers reports whether there is such a place at all.
func (p NewPage) offers(to To) bool {
	switch to {
	case ToCopy:
		return p.Choice.SourceThere && p.Choice.SourceKind != string(source.Folder)
	case ToServer:
		return p.isDatabase()
	case ToBucket:
		return !p.isDatabase()
	case ToFolder:
		return p.Choice.Folder != ""
	case ToLive:
		return p.Choice.SourceThere && (!p.isDatabase() || len(p.Choice.Items) == 0)
	}
	return true
}

// places is the list of connected servers or buckets, and one more to type.
func places(ctx context.Context, sources []source.Source) (options []parts.Option) {
	for _, s := range sources {
		options = append(options, parts.Option{Value: s.ID.String(), Label: s.Name})
	}
	return append(options, parts.Option{Value: NewServer, Label: locales.T(ctx, "restores.to.typed")})
}

func (p NewPage) steps(ctx context.Context) []parts.Step {
	where := locales.T(ctx, "restores.step.where_note."+string(p.Draft.To))
	steps := []parts.Step{
		{Label: locales.T(ctx, "restores.step.what"), Note: p.picked(ctx), URL: snapshots.URL(p.Choice.SnapshotID), State: parts.StepDone},
		{Label: locales.T(ctx, "restores.step.where"), Note: where, URL: "#where", State: parts.StepTodo, Here: true},
		{Label: locales.T(ctx, "restores.step.check"), Note: locales.T(ctx, "restores.step.check_note"), URL: "#sum", State: parts.StepTodo},
		{Label: locales.T(ctx, "restores.step.go"), Note: locales.T(ctx, "restores.step.go_note"), State: parts.StepTodo},
	}
	switch {
	case len(p.Problems) > 0 && !p.Early || p.Summary != nil && p.Summary.Problem != nil:
		steps[2].State = parts.StepFailed
	case p.Summary != nil:
		steps[1].State, steps[2].State = parts.StepDone, parts.StepDone
	}
	return steps
}

// picked is how much of the copy: "all 63 tables", "2 folders or files".
func (p NewPage) picked(ctx context.Context) string {
	n := len(p.Choice.Items)
	switch {
	case p.isDatabase() && n == 0:
		return locales.N(ctx, "restores.picked.all_tables", int(p.Choice.Tables))
	case p.isDatabase():
		return locales.N(ctx, "restores.what.tables", int(p.Choice.Tables))
	case n == 0:
		return locales.N(ctx, "restores.picked.all_files", int(p.Choice.Files))
	default:
		return locales.N(ctx, "restores.what.files", n)
	}
}

func port(n int) string {
	if n == 0 {
		return "5432"
	}
	return strconv.Itoa(n)
}

// fieldOf is the id of a field that several choices have: only that of the one
// that was made is where an error summary leads.
func fieldOf(p NewPage, to To, name string) string {
	if p.is(to) {
		return "f-" + name
	}
	return "f-" + string(to) + "-" + name
}

func nameID(p NewPage, to To, i int) string {
	if i == 0 {
		return fieldOf(p, to, "names")
	}
	return "f-" + string(to) + "-name-" + strconv.Itoa(i)
}

// first shows a problem of several fields at the first of them.
func first(i int, problem string) string {
	if i == 0 {
		return problem
	}
	return ""
}

// isFree reports whether the last check found the new name of a database free.
func (p NewPage) isFree(i int) bool {
	return p.is(ToCopy) && p.Summary != nil && i < len(p.Summary.Places) && p.Summary.Places[i].Free != nil && *p.Summary.Places[i].Free
}

// again asks for a secret once more when the form came back without it.
func (p NewPage) again(ctx context.Context) string {
	if p.Sent {
		return locales.T(ctx, "restores.secret_again")
	}
	return ""
}

func tlsModes(ctx context.Context) []parts.Option {
	return []parts.Option{
		{Value: "require", Label: locales.T(ctx, "restores.tls.require")},
		{Value: "verify", Label: locales.T(ctx, "restores.tls.verify")},
		{Value: "prefer", Label: locales.T(ctx, "restores.tls.prefer")},
		{Value: "disable", Label: locales.T(ctx, "restores.tls.disable")},
	}
}

func strong(text string) templ.Component { return parts.Strong(text) }

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// breakable is a long name that may go on in the next line behind its
// underscores and slashes.
func breakable(text string) templ.Component {
	html := strings.NewReplacer("_", "_<wbr>", "/", "/<wbr>").Replace(templ.EscapeString(text))
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<strong><bdi>"+html+"</bdi></strong>")
		return err
	})
}

// needKey is what the size means where the copy goes.
func needKey(s restore.Summary) string {
	if s.Kind == restore.Download {
		return "restores.sum.size"
	}
	return "restores.sum.needs"
}
