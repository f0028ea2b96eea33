package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// Limits of sign-in, per LimitWindow. They stop guessing and mail bombs, and
// leave room for a forgetful person and a shared office address.
const (
	LimitWindow         = 10 * time.Minute
	codesPerIP          = 60
	invitesPerWorkspace = 30
	linksPerAddress     = 5
	linksPerIP          = 30
	stepUpsPerPerson    = 5
	workspacesPerPerson = 10
)

// Hit counts one use of key in the present window; TooMany above most. tx is the
// system's.
func Hit(ctx context.Context, tx pgx.Tx, now time.Time, key string, most int) error {
	var hits int
	err := tx.QueryRow(ctx, `
		INSERT INTO rate_limits (key, window_at, hits) VALUES ($1, $2, 1)
		ON CONFLICT (key, window_at) DO UPDATE SET hits = rate_limits.hits + 1 RETURNING hits`,
		key, now.Truncate(LimitWindow)).Scan(&hits)
	if err != nil {
		return fmt.Errorf("count %s: %w", key, err)
	}
	if hits > most {
		return fail.New(fail.TooMany, "fail.too_many")
	}
	return nil
}

// SweepLimits forgets windows that are over, links of yesterday and sessions
// that ended a month ago.
func (a *Accounts) SweepLimits(ctx context.Context) error {
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := a.clock.Now()
		for _, sql := range []string{
			`DELETE FROM rate_limits WHERE window_at < $1::timestamptz - interval '1 hour'`,
			`DELETE FROM sign_in_links WHERE expires_at < $1::timestamptz - interval '1 day'`,
			`DELETE FROM sessions WHERE coalesce(revoked_at, expires_at) < $1::timestamptz - interval '30 days'`,
		} {
			if _, err := tx.Exec(ctx, sql, now); err != nil {
				return err
			}
		}
		return nil
	})
}
