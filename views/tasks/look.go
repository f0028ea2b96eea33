package tasks

import "net/url"

// Items are what a task counts.
type Items string

const (
	Files  Items = "files"
	Tables Items = "tables"
)

// Look is how a page shows the card of its task; it goes along in the card's own
// address.
type Look struct {
	LogOpen bool
	Items   Items
}

// ReadLook takes the look from an address's values.
func ReadLook(log, items string) Look {
	look := Look{LogOpen: log == "open"}
	if i := Items(items); i == Files || i == Tables {
		look.Items = i
	}
	return look
}

func (l Look) query() string {
	values := url.Values{}
	if l.LogOpen {
		values.Set("log", "open")
	}
	if l.Items != "" {
		values.Set("items", string(l.Items))
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}
