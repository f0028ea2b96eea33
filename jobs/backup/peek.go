package backup

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/vault/kopia"
)

const (
	peekedBytes = 64 << 10
	peekedRows  = 8
)

// Peek is a first look at one entry: of a text file its beginning.
type Peek struct {
	Entry  kopia.Entry
	Text   string
	IsText bool
	Cut    bool // there is more than Text
}

// Peek looks at one entry. Of a text file it reads at most 64 KB. Needs View.
// NotFound for a path that is not there.
func (b *Backups) Peek(ctx context.Context, actor account.Actor, snapshot uuid.UUID, name string) (p Peek, err error) {
	err = b.reading(ctx, actor, snapshot, func(repo *kopia.Repository, s Snapshot) error {
		if p.Entry, err = repo.Stat(ctx, s.ManifestID, cleanPath(name)); err != nil || !p.Entry.Mode.IsRegular() {
			return err
		}
		file, _, err := repo.OpenFile(ctx, s.ManifestID, p.Entry.Path)
		if err != nil {
			return err
		}
		defer file.Close()
		raw, err := io.ReadAll(io.LimitReader(file, peekedBytes))
		if err != nil {
			return err
		}
		p.Text, p.IsText = asText(raw)
		p.Cut = p.Entry.Size > int64(len(raw))
		return nil
	})
	return p, err
}

func asText(raw []byte) (string, bool) {
	for cut := 0; cut < utf8.UTFMax && len(raw) > 0 && !utf8.Valid(raw); cut++ {
		raw = raw[:len(raw)-1] // the limit may have cut a rune
	}
	text := string(raw)
	return text, utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// PeekTable reads the first rows of a table of a database copy. Needs View.
// NotFound for a table that the copy does not hold.
func (b *Backups) PeekTable(ctx context.Context, actor account.Actor, snapshot uuid.UUID, database, schema, table string) (head postgres.Head, err error) {
	truth, err := b.Truth(ctx, actor, snapshot)
	if err != nil {
		return head, err
	}
	object := objectOf(truth, database, schema, table)
	if object == "" {
		return head, fail.New(fail.NotFound, "fail.not_found")
	}
	err = b.reading(ctx, actor, snapshot, func(repo *kopia.Repository, s Snapshot) error {
		file, _, err := repo.OpenFile(ctx, s.ManifestID, object)
		if err != nil {
			return err
		}
		defer file.Close()
		head, err = postgres.ReadHead(ctx, file, schema, table, peekedRows)
		return err
	})
	return head, err
}

// objectOf is where the rows of a table are; "" for one that holds none itself.
func objectOf(truth source.Truth, database, schema, table string) (object string) {
	if truth.Postgres == nil {
		return ""
	}
	for _, d := range truth.Postgres.Databases {
		for _, t := range d.Tables {
			if d.Name == database && t.Schema == schema && t.Name == table {
				return t.Object
			}
		}
	}
	return ""
}
