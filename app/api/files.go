package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/vault/kopia"
)

// Entry is a file, folder or link of a snapshot.
type Entry struct {
	Name       string    `json:"name"`
	Path       string    `json:"path" doc:"From the snapshot's root."`
	Kind       string    `json:"kind" enum:"file,folder,link,other"`
	Size       int64     `json:"size" doc:"Of a folder: of all files below."`
	Files      int64     `json:"files" doc:"Of a folder: all files below."`
	Link       string    `json:"link,omitempty"`
	ModifiedAt time.Time `json:"modified_at"`
	Mode       string    `json:"mode" example:"-rw-r--r--"`
}

// Listing is one page of a folder.
type Listing struct {
	Path  string  `json:"path" doc:"Empty is the root."`
	Items []Entry `json:"items"`
	Next  *string `json:"next" doc:"Give it back as after to go on; null at the end."`
	More  bool    `json:"more" doc:"There is more. A search does not go on: look for something narrower."`
}

func (r *resources) files() {
	add(r, op(http.MethodGet, "/snapshots/{id}/files", http.StatusOK, account.ScopeRead, "List a folder of a snapshot, or search below it"), r.listFiles)
	content := op(http.MethodGet, "/snapshots/{id}/files/content", http.StatusOK, account.ScopeRead, "Take a file out of a snapshot")
	content.Responses = answers("*/*", "The file, or the part of it that Range asks for (206).", binary())
	content.Responses["206"] = content.Responses["200"]
	add(r, content, r.sendFile)
}

func (r *resources) listFiles(ctx context.Context, actor account.Actor, in *struct {
	ID     uuid.UUID `path:"id" format:"uuid"`
	Path   string    `query:"path" maxLength:"4096"`
	After  string    `query:"after" maxLength:"4096" doc:"The next of the page before."`
	Search string    `query:"search" maxLength:"200" doc:"Part of a name: everything below path whose name holds it, at most 200."`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"200"`
}) (*shown[Listing], error) {
	var l backup.Listing
	var err error
	if in.Search != "" {
		l, err = r.site.Services.Backups.Find(ctx, actor, in.ID, in.Path, in.Search)
	} else {
		l, err = r.site.Services.Backups.Files(ctx, actor, in.ID, in.Path, in.After, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	out := Listing{Path: l.Dir, Items: []Entry{}, More: l.More}
	for _, e := range l.Entries {
		out.Items = append(out.Items, entryOf(e))
	}
	if l.More && in.Search == "" {
		out.Next = &l.Entries[len(l.Entries)-1].Name
	}
	return &shown[Listing]{Body: out}, nil
}

// sendFile opens the file for as long as it takes to send it, not for the request's
// own time.
func (r *resources) sendFile(_ context.Context, actor account.Actor, in *struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Path string    `query:"path" required:"true" maxLength:"4096"`
}) (*streamed, error) {
	file, err := r.site.Services.Backups.OpenFile(r.site.Stop, actor, in.ID, in.Path)
	if err != nil {
		return nil, err
	}
	return r.stream(func(c *fiber.Ctx) error {
		return r.site.SendFile(c, web.Grant{Actor: actor, Power: account.View}, file.Entry.Name, contentTag(in.ID, in.Path), file.Entry.Size, file)
	}), nil
}

// contentTag names what never changes: one file of one snapshot.
func contentTag(snapshot uuid.UUID, path string) string {
	sum := sha256.Sum256([]byte(snapshot.String() + "/" + path))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// streamed is an answer that is written as it is read.
type streamed struct{ Body func(huma.Context) }

// stream answers with send, or with a problem when it could not begin.
func (r *resources) stream(send func(c *fiber.Ctx) error) *streamed {
	return &streamed{func(ctx huma.Context) {
		c := humafiber.UnwrapV2(ctx)
		err := send(c)
		if status := c.Response().StatusCode(); err == nil && status >= http.StatusBadRequest {
			err = fiber.NewError(status)
		}
		if err != nil {
			c.Response().ResetBody()
			r.refuse(ctx, err)
		}
	}}
}

// answers documents what a handler writes by itself.
func answers(contentType, text string, schema *huma.Schema) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: text, Content: map[string]*huma.MediaType{contentType: {Schema: schema}}}}
}

func binary() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "binary"} }

func entryOf(e kopia.Entry) Entry {
	out := Entry{Name: e.Name, Path: e.Path, Kind: "other", Size: e.Size, Files: e.Files, Link: e.Link, ModifiedAt: e.Modified.UTC(), Mode: e.Mode.String()}
	switch {
	case e.Dir:
		out.Kind = "folder"
	case e.Link != "" || e.Mode.Type() != 0:
		out.Kind = "link"
	case e.Mode.IsRegular():
		out.Kind = "file"
	}
	return out
}
