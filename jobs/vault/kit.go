package vault

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/vault/kopia"
)

// Kit is the recovery kit: with it and the stock kopia program, and without
// Levqor, a vault opens. Whoever holds it can read every snapshot.
type Kit struct {
	FileName string
	Name     string
	Place    string
	Password secret.Text
	Commands []secret.Text // connect, list, restore, verify
	MadeAt   time.Time
	Plans    []KitPlan // what is in the vault
}

// KitPlan says which of the vault's snapshots are of which source, and how the
// newest of a database is loaded by hand.
type KitPlan struct {
	ID        uuid.UUID
	Source    string
	Kind      string // of the source
	Label     string // what kopia calls the snapshots' source
	Manifest  string // of the newest snapshot, empty where there is none
	TakenAt   time.Time
	Databases []map[string]any // name, folder, owner, encoding, locale
	Commands  []string
}

// Kit gives out the key of a vault. Needs Manage and step-up; it is audited, and
// the vault shows when it was last done.
func (v *Vaults) Kit(ctx context.Context, actor account.Actor, id uuid.UUID) (kit Kit, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return Kit{}, err
	}
	now := v.clock.Now()
	if err := actor.RequireStepUp(now); err != nil {
		return Kit{}, err
	}
	err = v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if kit, err = v.kit(r, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE vaults SET kit_downloaded_at = $2 WHERE id = $1`, id, now); err != nil {
			return err
		}
		if err := tell(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "vault.kit_downloaded", SubjectKind: "vault", SubjectID: id.String(), SubjectName: r.Name})
	})
	return kit, err
}

func (v *Vaults) kit(r row, now time.Time) (Kit, error) {
	at, key, err := v.access(r)
	if fail.ClassOf(err) == fail.ClassConfig && key != nil {
		// The folder may not be used by Levqor any more; its owner still may.
		at, err = kopia.Location{Kind: kopia.Filesystem, Path: r.Location.Path}, nil
	}
	if err != nil {
		return Kit{}, err
	}
	kit := Kit{FileName: fileName(r.Name), Name: r.Name, Place: r.Location.String(), Password: secret.Text(kopia.Password(key)), MadeAt: now}
	for _, command := range kopia.Commands(at, key) {
		kit.Commands = append(kit.Commands, secret.Text(command))
	}
	return kit, nil
}

// String is the place as people write it.
func (l Location) String() string {
	if l.Path != "" {
		return l.Path
	}
	endpoint := l.Endpoint
	if endpoint == "" {
		endpoint = "https://s3.amazonaws.com"
	}
	return endpoint + "/" + l.Bucket + "/" + l.Prefix
}

// Text is the kit as a file. say gives the words of a locale key with pairs.
func (k Kit) Text(say func(key string, pairs ...any) string) []byte {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line(say("vault.kit.title", "name", k.Name))
	line(say("vault.kit.made", "at", k.MadeAt.UTC().Format("2006-01-02 15:04 UTC")))
	line()
	line(say("vault.kit.warning"))
	line()
	line(say("vault.kit.place"), " ", k.Place)
	line(say("vault.kit.password"), " ", k.Password.Reveal())
	line()
	line(say("vault.kit.program"))
	for i, name := range []string{"connect", "list", "restore", "verify"} {
		if i < len(k.Commands) {
			line()
			line(say("vault.kit." + name))
			line("    ", k.Commands[i].Reveal())
		}
	}
	line()
	line(say("vault.kit.plans"))
	for _, p := range k.Plans {
		line()
		p.write(line, say)
	}
	return []byte(b.String())
}

func (p KitPlan) write(line func(...string), say func(key string, pairs ...any) string) {
	line(say("vault.kit.plan", "source", p.Source, "label", p.Label, "plan", p.ID.String()))
	if p.Manifest == "" {
		line(say("vault.kit.empty"))
		return
	}
	line(say("vault.kit.newest", "manifest", p.Manifest, "at", p.TakenAt.UTC().Format("2006-01-02 15:04 UTC")))
	for _, d := range p.Databases {
		line(say("vault.kit.database", "name", d["name"], "folder", d["folder"], "owner", d["owner"], "encoding", d["encoding"], "locale", d["locale"]))
	}
	if len(p.Commands) == 0 {
		return
	}
	line(say("vault.kit.postgres"))
	line()
	for _, command := range p.Commands {
		line(command) // from the margin: what psql reads up to SQL must end there
	}
}

// fileName keeps letters, digits and dashes, so that it is safe in a header.
func fileName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	return "levqor-recovery-kit-" + strings.Trim(plain, "-") + ".txt"
}
