package api

import (
	"context"

	"levqor/jobs/source"
	"levqor/views/parts"
)

// Note names what a test or a backup leaves out, or a restore did not bring back.
type Note struct {
	Code    string `json:"code" example:"postgres.note.database_denied"`
	Text    string `json:"text" doc:"The same for people."`
	MendSQL string `json:"mend_sql,omitempty" doc:"Run by the server's owner, it makes the note needless."`
}

func notesOf(ctx context.Context, notes []source.Note) (out []Note) {
	for _, n := range notes {
		out = append(out, Note{Code: n.Key, Text: parts.NoteText(ctx, n), MendSQL: n.MendSQL})
	}
	return out
}
