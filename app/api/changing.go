package api

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"levqor/app/web"
)

// Changing is the input of what changes one thing that has a revision.
type Changing struct {
	ID      uuid.UUID `path:"id" format:"uuid"`
	IfMatch string    `header:"If-Match" doc:"The ETag that was read: then nobody else's change is overwritten (412)."`
}

// etag names a revision; what has none is not changed by anybody.
func etag(revision int) string {
	if revision == 0 {
		return ""
	}
	return `"` + strconv.Itoa(revision) + `"`
}

// revision is what If-Match asks for, 0 when it asks for nothing.
func (c Changing) revision() (int, error) {
	text := strings.TrimSpace(c.IfMatch)
	if text == "" || text == "*" {
		return 0, nil
	}
	plain, quoted := strings.CutPrefix(text, `"`)
	plain, closed := strings.CutSuffix(plain, `"`)
	revision, err := strconv.Atoi(plain)
	if err != nil || revision <= 0 || !quoted || !closed {
		return 0, stale{} // a weak or foreign tag never matches
	}
	return revision, nil
}

// stale says that If-Match named another revision than the newest.
type stale struct{}

func (stale) Error() string { return "If-Match names another revision" }

// conflict is the domain's conflict as stale where If-Match asked for it; any other
// failure stays as it is.
func (c Changing) conflict(err error) error {
	if key, _ := web.Words(err); c.IfMatch != "" && (key == "fail.conflict" || key == "workflow.fail.stale") {
		return stale{}
	}
	return err
}
