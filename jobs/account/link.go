package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	mails "levqor/jobs/mail"
)

// LinkLife is how long a sign-in link and its code work.
const LinkLife = 10 * time.Minute

const (
	codeTries     = 5
	purposeSignIn = "sign_in"
	purposeStepUp = "step_up"
)

// NewBrowser is a fresh value for the cookie that binds links to a browser.
func NewBrowser() string { return newToken() }

// AskLink mails a sign-in link and a code that work once, in the browser that
// asked. Known and unknown addresses get the same: the link opens an account.
// Invalid (field email), TooMany.
func (a *Accounts) AskLink(ctx context.Context, address, browser string, device Device) error {
	var form fail.Form
	form.Check(validAddress(address), "email", "account.field.email")
	if err := form.Err(); err != nil {
		return err
	}
	now := a.clock.Now()
	// Counting commits by itself: a refusal must not take its own count back.
	err := a.counted(ctx, now, "link/ip/"+device.IP, linksPerIP, "link/address/"+fold(address), linksPerAddress)
	if err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		token, code, err := keepLink(ctx, tx, now, purposeSignIn, address, or(browser, newToken()))
		if err != nil {
			return err
		}
		with, system := Known(device.UserAgent)
		return a.mails.Queue(ctx, tx, mails.Message{Kind: mails.SignIn, To: address, Locale: or(device.Locale, "en"), Args: map[string]any{
			"link": a.base + "/sign-in/" + token, "code": code, "minutes": int(LinkLife.Minutes()), "browser": with, "system": system,
		}})
	})
}

// counted counts each key against its limit and keeps the counts in any case.
func (a *Accounts) counted(ctx context.Context, now time.Time, keys ...any) (refused error) {
	err := a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for i := 0; i+1 < len(keys); i += 2 {
			key, most := keys[i].(string), keys[i+1].(int)
			if err := Hit(ctx, tx, now, key, most); fail.Is(err, fail.TooMany) {
				refused = err
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return refused
}

// keepLink stores hashes only. The code's hash covers the browser's token, which
// the table does not hold: six digits alone could be guessed from a stolen table.
func keepLink(ctx context.Context, tx pgx.Tx, now time.Time, purpose, address, browser string) (token, code string, err error) {
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", "", err
	}
	token, code = newToken(), fmt.Sprintf("%06d", number)
	_, err = tx.Exec(ctx, `
		INSERT INTO sign_in_links (id, purpose, email, email_key, token_hash, code_hash, browser_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		db.NewID(), purpose, address, fold(address), digest(token), digest(browser, code), browserHash(browser), now, now.Add(LinkLife))
	return token, code, err
}

// browserHash of "" is empty: a link that was printed, bound to no browser.
func browserHash(browser string) []byte {
	if browser == "" {
		return []byte{}
	}
	return digest(browser)
}

type link struct {
	ID          uuid.UUID
	Email       string
	CodeHash    []byte
	CodeTries   int
	BrowserHash []byte
	ExpiresAt   time.Time
	ConsumedAt  *time.Time
}

const linkColumns = `id, email, code_hash, code_tries, browser_hash, expires_at, consumed_at`

// Consume signs in by the link's token. Failures: account.fail.link_unknown,
// link_used, link_expired, link_browser (open it where you asked, or type the code).
func (a *Accounts) Consume(ctx context.Context, token, browser string, device Device) (session string, err error) {
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := findLink(ctx, tx, `token_hash = $1 AND purpose = 'sign_in'`, digest(token))
		if err != nil {
			return err
		}
		now := a.clock.Now()
		if err := a.usable(found, browser, now); err != nil {
			return err
		}
		session, err = a.enter(ctx, tx, now, found, device)
		return err
	})
	return session, err
}

func (a *Accounts) usable(l link, browser string, now time.Time) error {
	unbound := len(l.BrowserHash) == 0 // printed by whoever runs the server, never mailed
	switch {
	case l.ConsumedAt != nil:
		return fail.New(fail.Conflict, "account.fail.link_used")
	case !now.Before(l.ExpiresAt):
		return fail.New(fail.Conflict, "account.fail.link_expired")
	case !unbound && (browser == "" || string(l.BrowserHash) != string(digest(browser))):
		return fail.New(fail.Forbidden, "account.fail.link_browser")
	}
	return nil
}

// ConsumeCode signs in by the six digits, in the browser that asked. Every
// failure reads the same: account.fail.code.
func (a *Accounts) ConsumeCode(ctx context.Context, code, browser string, device Device) (session string, err error) {
	now := a.clock.Now()
	if err := a.counted(ctx, now, "code/ip/"+device.IP, codesPerIP); err != nil {
		return "", err
	}
	found, err := a.tryCode(ctx, now, purposeSignIn, code, browser)
	if err != nil {
		return "", err
	}
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		session, err = a.enter(ctx, tx, now, found, device)
		return err
	})
	return session, err
}

// tryCode counts the try in a transaction of its own before it says anything.
func (a *Accounts) tryCode(ctx context.Context, now time.Time, purpose, code, browser string) (found link, err error) {
	wrong := fail.New(fail.Invalid, "account.fail.code")
	wrong.Fields = []fail.Field{{Name: "code", Key: "account.field.code"}}
	if browser == "" {
		return link{}, wrong
	}
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE sign_in_links SET code_tries = code_tries + 1
			WHERE id = (SELECT id FROM sign_in_links WHERE browser_hash = $1 AND purpose = $2 AND consumed_at IS NULL
			            ORDER BY created_at DESC LIMIT 1 FOR UPDATE) RETURNING `+linkColumns, digest(browser), purpose)
		if err != nil {
			return err
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[link])
		return err
	})
	switch {
	case db.NoRows(err):
		return link{}, wrong
	case err != nil:
		return link{}, err
	case found.CodeTries > codeTries, !now.Before(found.ExpiresAt), string(found.CodeHash) != string(digest(browser, code)):
		return link{}, wrong
	}
	return found, nil
}

func findLink(ctx context.Context, tx pgx.Tx, where string, arg any) (link, error) {
	rows, err := tx.Query(ctx, `SELECT `+linkColumns+` FROM sign_in_links WHERE `+where+` FOR UPDATE`, arg)
	if err != nil {
		return link{}, err
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[link])
	if db.NoRows(err) {
		return link{}, fail.New(fail.NotFound, "account.fail.link_unknown")
	}
	return found, err
}

func consume(ctx context.Context, tx pgx.Tx, now time.Time, id uuid.UUID) error {
	tag, err := tx.Exec(ctx, `UPDATE sign_in_links SET consumed_at = $2 WHERE id = $1 AND consumed_at IS NULL`, id, now)
	if err == nil && tag.RowsAffected() == 0 {
		return fail.New(fail.Conflict, "account.fail.link_used")
	}
	return err
}
