package account

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// LinkFor is the path of a sign-in link for a person who has an account, which any
// browser may use once: for the command line of whoever runs the server, when no
// mail arrives. NotFound (account.fail.nobody).
func (a *Accounts) LinkFor(ctx context.Context, address string) (path string, err error) {
	now := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		user, err := findUser(ctx, tx, fold(address))
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "account.fail.nobody", "email", address)
		}
		if err != nil {
			return err
		}
		token, _, err := keepLink(ctx, tx, now, purposeSignIn, user.Email, "")
		if err != nil {
			return err
		}
		path = "/sign-in/" + token
		return record(ctx, tx, Actor{Kind: KindSystem, Name: "command line"}, now, "session.link_printed", "user", user.ID.String(), user.Name, nil)
	})
	return path, err
}
