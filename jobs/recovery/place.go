package recovery

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

// Place is where dumps are kept: a folder or a bucket. Password is the key of the
// kopia repository in it, in hex; it is made when the place is chosen.
type Place struct {
	Path      string `json:"path,omitempty"`
	Endpoint  string `json:"endpoint,omitempty"`
	Bucket    string `json:"bucket,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	Region    string `json:"region,omitempty"`
	AccessKey string `json:"access_key,omitempty"`
	SecretKey string `json:"secret_key,omitempty"`
	Password  string `json:"password"`
}

const sealedAt = "installation/recovery"

// String is the place in words, without a secret.
func (p Place) String() string {
	if p.Path != "" {
		return p.Path
	}
	endpoint := p.Endpoint
	if endpoint == "" {
		endpoint = "https://s3.amazonaws.com"
	}
	return strings.TrimRight(endpoint, "/") + "/" + p.Bucket + "/" + p.Prefix
}

func (p Place) check() error {
	var form fail.Form
	if p.Path != "" {
		form.Check(filepath.IsAbs(p.Path) && filepath.Clean(p.Path) != "/", "path", "recovery.field.path")
		return form.Err()
	}
	form.Check(p.Bucket != "", "path", "recovery.field.place")
	form.Check(p.Bucket == "" || p.AccessKey != "" && p.SecretKey != "", "access_key", "recovery.field.keys")
	return form.Err()
}

// location is the place as the engine takes it; guard looks at each address that
// is dialed.
func (p Place) location(guard dial.Guard) kopia.Location {
	if p.Path != "" {
		return kopia.Location{Kind: kopia.Filesystem, Path: filepath.Clean(p.Path)}
	}
	return kopia.Location{Kind: kopia.S3, Endpoint: p.Endpoint, Bucket: p.Bucket, Prefix: p.Prefix, Region: p.Region,
		AccessKey: p.AccessKey, SecretKey: p.SecretKey, Insecure: strings.HasPrefix(p.Endpoint, "http://"), Dial: guard.DialHTTP}
}

func (p Place) open(ctx context.Context, guard dial.Guard, readOnly bool) (*kopia.Repository, error) {
	key, err := hex.DecodeString(p.Password)
	if err != nil {
		return nil, fail.Wrap(err, fail.Invalid, "recovery.fail.kit")
	}
	return kopia.Open(ctx, p.location(guard), key, kopia.Options{ReadOnly: readOnly})
}

// Choose makes a repository of its own at the place and keeps dumps there from now
// on; those at an earlier place stay as they are. Needs staff with a fresh
// sign-in, or the command line. Invalid: path, access_key. Conflict
// (vault.fail.occupied) where something else is.
func (r *Recovery) Choose(ctx context.Context, actor account.Actor, p Place) error {
	if err := r.staff(actor); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	before, err := r.place(ctx)
	if err != nil && !fail.Is(err, fail.NotFound) {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails since Go 1.24
	p.Password = hex.EncodeToString(key)
	if before.String() == p.String() {
		p.Password = before.Password
		if key, err = hex.DecodeString(before.Password); err != nil {
			return err
		}
	}
	if err := kopia.Create(ctx, p.location(r.options.Dial), key); err != nil {
		return err
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	sealed, err := r.box.Seal(raw, sealedAt)
	if err != nil {
		return err
	}
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE recovery_state SET sealed_place = $1, place = $2, chosen_at = $3, dumped_at = NULL, dump_asked_at = NULL, dump_failure = '', maintained_at = NULL`,
			sealed, p.String(), r.clock.Now())
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, r.clock.Now(), audit.Event{Action: "recovery.chosen", SubjectKind: "installation", SubjectName: p.String()})
	})
}

// place is where dumps are kept; NotFound (recovery.fail.nowhere) when nobody chose.
func (r *Recovery) place(ctx context.Context) (p Place, err error) {
	var sealed []byte
	err = r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT sealed_place FROM recovery_state`).Scan(&sealed)
	})
	if err != nil && !db.NoRows(err) {
		return p, err
	}
	if len(sealed) == 0 {
		return p, fail.New(fail.NotFound, "recovery.fail.nowhere")
	}
	raw, err := r.box.Open(sealed, sealedAt)
	if err != nil {
		return p, fail.Work(err, fail.ClassConfig, "vault.fail.master_key")
	}
	return p, json.Unmarshal(raw, &p)
}

// staff is Forbidden for everybody but staff who confirmed who they are, and the
// command line.
func (r *Recovery) staff(actor account.Actor) error {
	if actor.Kind == account.KindSystem {
		return nil
	}
	if actor.Kind != account.KindAdmin {
		return fail.New(fail.Forbidden, "fail.forbidden")
	}
	person := actor
	person.Kind = account.KindPerson
	return person.RequireStepUp(r.clock.Now())
}
