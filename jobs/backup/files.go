package backup

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

const mostFound = 200

// Listing is one page of a folder in a snapshot, by name, folders among files.
type Listing struct {
	Snapshot Snapshot
	Dir      string // "" is the root
	Entries  []kopia.Entry
	More     bool // go on after the last entry's Name
}

// Files lists a folder. Needs View. NotFound for a path that is not there.
func (b *Backups) Files(ctx context.Context, actor account.Actor, snapshot uuid.UUID, dir, after string, limit int) (l Listing, err error) {
	err = b.reading(ctx, actor, snapshot, func(repo *kopia.Repository, s Snapshot) error {
		l = Listing{Snapshot: s, Dir: cleanPath(dir)}
		l.Entries, l.More, err = repo.List(ctx, s.ManifestID, l.Dir, after, limitOf(limit)+1)
		l.Entries = slices.DeleteFunc(l.Entries, func(e kopia.Entry) bool { return isOwn(e.Path) })
		if len(l.Entries) > limitOf(limit) {
			l.Entries, l.More = l.Entries[:limitOf(limit)], true
		}
		return err
	})
	return l, err
}

// Find looks for entries whose name holds text, below dir, the first 200.
func (b *Backups) Find(ctx context.Context, actor account.Actor, snapshot uuid.UUID, dir, text string) (l Listing, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	err = b.reading(ctx, actor, snapshot, func(repo *kopia.Repository, s Snapshot) error {
		l = Listing{Snapshot: s, Dir: cleanPath(dir)}
		err := repo.Walk(ctx, s.ManifestID, l.Dir, func(e kopia.Entry) error {
			if !strings.Contains(strings.ToLower(e.Name), text) || isOwn(e.Path) {
				return nil
			}
			if len(l.Entries) == mostFound {
				l.More = true
				return errEnough
			}
			l.Entries = append(l.Entries, e)
			return nil
		})
		if l.More {
			return nil
		}
		return err
	})
	return l, err
}

var errEnough = fail.New(fail.TooLarge, "backup.fail.enough")

// File is an open file of a snapshot; close it after reading.
type File struct {
	io.ReadSeeker
	Entry kopia.Entry
	close func()
}

// Close lets go of the file and its vault.
func (f *File) Close() error { f.close(); return nil }

// OpenFile opens one to be streamed; the caller closes. Needs View. NotFound for
// what is no file. The download is in the audit log from then on.
func (b *Backups) OpenFile(ctx context.Context, actor account.Actor, snapshot uuid.UUID, name string) (*File, error) {
	repo, release, s, err := b.open(ctx, actor, snapshot)
	if err != nil {
		return nil, err
	}
	opened := &File{close: release}
	file, entry, err := repo.OpenFile(ctx, s.ManifestID, cleanPath(name))
	if err == nil {
		err = b.recordDownload(ctx, actor, s, []string{entry.Path})
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	opened.ReadSeeker, opened.Entry = watched{file, b.doubting(actor, s)}, entry
	opened.close = func() {
		_ = file.Close()
		release()
	}
	return opened, nil
}

const mostAudited = 20

// recordDownload keeps who took what; of many paths the first few and their number.
func (b *Backups) recordDownload(ctx context.Context, actor account.Actor, s Snapshot, paths []string) error {
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, actor, b.clock.Now(), audit.Event{Action: "snapshot.downloaded", SubjectKind: "snapshot", SubjectID: s.ID.String(),
			SubjectName: s.Short(), Detail: map[string]any{"paths": paths[:min(mostAudited, len(paths))], "count": len(paths)}})
	})
}

// isOwn reports whether the path is the list of files that a backup adds.
func isOwn(name string) bool { return name == tree.ListName }

func (b *Backups) reading(ctx context.Context, actor account.Actor, snapshot uuid.UUID, read func(*kopia.Repository, Snapshot) error) error {
	repo, release, s, err := b.open(ctx, actor, snapshot)
	if err != nil {
		return err
	}
	defer release()
	return read(repo, s)
}

// open lends the vault of a snapshot that is there, to read.
func (b *Backups) open(ctx context.Context, actor account.Actor, id uuid.UUID) (repo *kopia.Repository, release func(), s Snapshot, err error) {
	if s, err = b.Snapshot(ctx, actor, id); err != nil {
		return nil, nil, s, err
	}
	if s.State == Deleted || s.State == Deleting {
		return nil, nil, s, fail.New(fail.Conflict, "backup.fail.snapshot_gone")
	}
	repo, release, err = b.vaults.Reading(ctx, actor.Workspace, s.VaultID)
	return repo, release, s, err
}

// cleanPath is a path from the snapshot's root, without any way out of it.
func cleanPath(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, "\x00", "")), "/")
}
