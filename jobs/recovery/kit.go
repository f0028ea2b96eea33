package recovery

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

// KitName is the kit's usual file name.
const KitName = "levqor-recovery-kit.json"

// Kit is what brings the installation back, together with its master key, which
// it leaves out: whoever holds both holds every vault.
type Kit struct {
	About    string    `json:"about"`
	MadeAt   time.Time `json:"made_at"`
	Place    Place     `json:"place"`
	With     []string  `json:"with_levqor"`
	Without  []string  `json:"without_levqor"`
	KeepToo  string    `json:"keep_too"`
	KeyCheck []byte    `json:"key_check"` // sealed with the master key: tells whether another is the same
}

const (
	checkAt   = "installation/master-key"
	checkWord = "levqor"
)

// Kit gives it out, audited. Needs staff with a fresh sign-in, or the command line.
func (r *Recovery) Kit(ctx context.Context, actor account.Actor) (text []byte, err error) {
	if err := r.staff(actor); err != nil {
		return nil, err
	}
	p, err := r.place(ctx)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(p.Password)
	if err != nil {
		return nil, err
	}
	check, err := r.box.Seal([]byte(checkWord), checkAt)
	if err != nil {
		return nil, err
	}
	now := r.clock.Now()
	kit := Kit{
		About:    "Levqor's own database is backed up at this place. Keep this file away from Levqor's machines; whoever holds it and the master key can open every vault.",
		MadeAt:   now.Truncate(time.Second),
		Place:    p,
		KeepToo:  "The master key (LEVQOR_MASTER_KEY_FILE) is not in here and in no dump. Keep a copy of it somewhere else.",
		With:     []string{"levqor recover --kit " + KitName, "levqor web", "levqor worker", "levqor release"},
		KeyCheck: check,
	}
	kit.Without = append(kopia.Commands(p.location(r.options.Dial), key),
		"pg_restore --no-owner --single-transaction --dbname=\"$DATABASE_URL\" restored/"+dumpName)
	text, err = json.MarshalIndent(kit, "", "  ")
	if err != nil {
		return nil, err
	}
	err = r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "recovery.kit_given", SubjectKind: "installation", SubjectName: p.String()})
	})
	return append(text, '\n'), err
}

// ReadKit reads what Kit wrote.
func ReadKit(text []byte) (kit Kit, err error) {
	if err := json.Unmarshal(text, &kit); err != nil || kit.Place.Password == "" {
		return kit, fail.Wrap(err, fail.Invalid, "recovery.fail.kit")
	}
	return kit, kit.Place.check()
}
