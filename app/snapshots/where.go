package snapshots

import (
	"net/url"

	"github.com/a-h/templ"

	views "levqor/views/snapshots"
)

// where is what a list's address says.
type where struct{ source, show, text, before string }

func (w where) url(path string) templ.SafeURL {
	query := url.Values{}
	for name, value := range map[string]string{"source": w.source, "show": w.show, "q": w.text, "before": w.before} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + query.Encode())
}

func (w where) from(cursor string) where { w.before = cursor; return w }

func (w where) tabs() map[views.Shown]templ.SafeURL {
	tabs := map[views.Shown]templ.SafeURL{}
	for _, show := range []views.Shown{"", views.ShownDeleted, views.ShownHeld} {
		w.show, w.before = string(show), ""
		tabs[show] = w.url("/snapshots")
	}
	return tabs
}
