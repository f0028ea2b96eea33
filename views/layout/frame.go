// Package layout is what stands around every page: the frame of the app, the
// frame of the signed-out site, and the bare sheet that prints.
package layout

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"levqor/locales"
	"levqor/views/parts"
)

// Theme is a person's choice of colours.
type Theme string

const (
	Dark   Theme = "dark"
	Light  Theme = "light"
	System Theme = "system" // as the device prefers
)

// Nav names the entry of the rail that a page belongs to.
type Nav string

const (
	NavApprovals Nav = "approvals"
	NavBackups   Nav = "backups"
	NavHome      Nav = "home"
	NavJobs      Nav = "jobs"
	NavNone      Nav = "" // a page beside the rail's
	NavOutbox    Nav = "outbox"
	NavRestores  Nav = "restores"
	NavRuns      Nav = "runs"
	NavSettings  Nav = "settings"
	NavSnapshots Nav = "snapshots"
	NavSources   Nav = "sources"
	NavVaults    Nav = "vaults"
	NavWorkflows Nav = "workflows"
)

// Workspace that the person can switch to, by POST /workspaces/{id}/visits.
type Workspace struct {
	ID   string
	Name string
	Role string // owner, admin, operator, viewer
}

// Frame is everything around an app page. The zero value renders.
type Frame struct {
	Title      string // translated; " · Levqor" follows
	Current    Nav
	UserName   string
	Email      string
	Workspace  Workspace
	Others     []Workspace
	Theme      Theme
	Slim       bool // the rail is narrow
	Editor     bool // the page fills the frame to its edges
	IsAdmin    bool // shows Jobs
	DevOutbox  bool // shows Outbox
	NeedsCount int  // what waits for the person, on Home
	Questions  int  // that workflows ask people
	Unread     int  // notifications
	Topics     []string
	Toasts     []parts.ToastProps
	Banners    []parts.BannerProps
	Running    bool   // a job runs: the icon and title say so
	Path       string // of this page, where the appearance forms return to
}

// Sheet is a page without the app's frame.
type Sheet struct {
	Title  string
	Theme  Theme
	Toasts []parts.ToastProps
	// Refresh reloads the page after so many seconds; 0: never.
	Refresh int
}

// Initials are up to two letters for the name's round badge.
func Initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		letters = append(letters, []rune(word)[0])
	}
	if len(letters) > 2 {
		letters = []rune{letters[0], letters[len(letters)-1]}
	}
	return strings.ToUpper(string(letters))
}

// data is the data-theme attribute: none lets the device choose.
func (t Theme) data() string {
	switch t {
	case Light:
		return "levqor-light"
	case System:
		return ""
	default:
		return "levqor"
	}
}

// main is the class of the frame's inside.
func (f Frame) main() string {
	if f.Editor {
		return "editor"
	}
	return "content space-y-6"
}

func (f Frame) rail() string {
	if f.Slim || f.Editor {
		return "slim"
	}
	return "wide"
}

// live is the address of the page's one event stream.
func (f Frame) live() string {
	return "/live?" + url.Values{"topic": f.Topics}.Encode()
}

func (f Frame) path() string {
	if f.Path == "" {
		return "/"
	}
	return f.Path
}

func title(ctx context.Context, page string) string {
	if page == "" {
		return locales.T(ctx, "app.brand")
	}
	return locales.T(ctx, "app.title", "page", page)
}

// entry of the rail. Phone entries stay in the bar at the bottom of phones.
type entry struct {
	nav   Nav
	icon  string
	url   templ.SafeURL
	phone bool
	sep   bool // a line above
	key   string
}

func (f Frame) entries() []entry {
	list := []entry{
		{nav: NavHome, icon: "house", url: "/", phone: true, key: "h"},
		{nav: NavSources, icon: "database", url: "/sources", phone: true, key: "s"},
		{nav: NavBackups, icon: "archive", url: "/backups", key: "b"},
		{nav: NavSnapshots, icon: "layers", url: "/snapshots", phone: true, key: "n"},
		{nav: NavRestores, icon: "rotate-ccw-clock", url: "/restores", phone: true, key: "r"},
		{nav: NavVaults, icon: "vault", url: "/vaults", key: "v"},
		{nav: NavWorkflows, icon: "workflow", url: "/workflows", sep: true, key: "w"},
		{nav: NavRuns, icon: "activity", url: "/runs", key: "u"},
		{nav: NavApprovals, icon: "stamp", url: "/approvals", key: "a"},
		{nav: NavSettings, icon: "settings", url: "/settings", sep: true, key: ","},
	}
	if f.IsAdmin {
		list = append(list, entry{nav: NavJobs, icon: "list-checks", url: "/admin/jobs", sep: true, key: "j"})
	}
	if f.DevOutbox {
		list = append(list, entry{nav: NavOutbox, icon: "mail", url: "/outbox", sep: !f.IsAdmin, key: "o"})
	}
	return list
}

// Page that anybody in the frame may open, as the palette offers it.
type Page struct {
	Label string
	URL   templ.SafeURL
	Icon  string
}

// Pages are the rail's, then those beside it.
func (f Frame) Pages(ctx context.Context) []Page {
	var pages []Page
	for _, e := range f.entries() {
		pages = append(pages, Page{e.nav.label(ctx), e.url, e.icon})
	}
	return append(pages,
		Page{locales.T(ctx, "app.palette.templates"), "/templates", "layout-template"},
		Page{locales.T(ctx, "app.notifications.label"), "/notifications", "bell"},
		Page{locales.T(ctx, "app.account.help"), "/help", "circle-question-mark"},
	)
}

// count is what waits for the person behind that entry.
func (f Frame) count(n Nav) int {
	switch n {
	case NavApprovals:
		return f.Questions
	case NavHome:
		return f.NeedsCount
	default:
		return 0
	}
}

// label is written out so that each key is found where it is used.
func (n Nav) label(ctx context.Context) string {
	switch n {
	case NavApprovals:
		return locales.T(ctx, "app.nav.approvals")
	case NavBackups:
		return locales.T(ctx, "app.nav.backups")
	case NavHome:
		return locales.T(ctx, "app.nav.home")
	case NavJobs:
		return locales.T(ctx, "app.nav.jobs")
	case NavOutbox:
		return locales.T(ctx, "app.nav.outbox")
	case NavRestores:
		return locales.T(ctx, "app.nav.restores")
	case NavRuns:
		return locales.T(ctx, "app.nav.runs")
	case NavSettings:
		return locales.T(ctx, "app.nav.settings")
	case NavSnapshots:
		return locales.T(ctx, "app.nav.snapshots")
	case NavSources:
		return locales.T(ctx, "app.nav.sources")
	case NavWorkflows:
		return locales.T(ctx, "app.nav.workflows")
	default:
		return locales.T(ctx, "app.nav.vaults")
	}
}
