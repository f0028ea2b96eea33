package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// An API token is lvq_, 43 base62 characters of 256 random bits, and 6 of the
// CRC-32 over them: a mistyped or made-up token is refused without a look-up,
// and leaked ones can be searched for.
const (
	tokenPrefix = "lvq_"
	randomChars = 43
	checkChars  = 6
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Token as the list shows it; the words themselves are shown once, when made.
type Token struct {
	ID         uuid.UUID
	Name       string
	Hint       string // last four characters
	Scopes     []Scope
	CreatedBy  string
	Role       Role // its owner's, above which it may nothing; "": the installation's, made on the command line
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time
}

// Lessened reports whether the token's owner may less by now than it was made for.
func (t Token) Lessened() bool {
	return t.Role != "" && rolePower(t.Role) < Actor{Scopes: t.Scopes}.scopePower()
}

// Scopes that a token can have, the weakest first.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeOperate, ScopeManage, ScopeAdmin} }

// TokenInput is a token to make. Days 0: it never expires.
type TokenInput struct {
	Name   string
	Scopes []string
	Days   int
}

const longestTokenDays = 3650

func (in *TokenInput) validate() ([]Scope, error) {
	var form fail.Form
	in.Name = strings.TrimSpace(in.Name)
	form.Check(validName(in.Name), "name", "account.field.name", "most", mostName)
	form.Check(in.Days >= 0 && in.Days <= longestTokenDays, "days", "account.field.days", "most", longestTokenDays)
	var scopes []Scope
	for _, text := range in.Scopes {
		scope := Scope(strings.TrimSpace(text))
		if scope == "all" {
			scope = ScopeAdmin
		}
		if !slices.Contains(Scopes(), scope) {
			form.Add("scopes", "account.field.scopes")
			break
		}
		scopes = append(scopes, scope)
	}
	form.Check(len(in.Scopes) > 0, "scopes", "account.field.scopes")
	return scopes, form.Err()
}

// CreateToken returns the token's words, which nobody can show again. Needs
// Manage and a step-up; only owners make one with the admin scope.
func (a *Accounts) CreateToken(ctx context.Context, actor Actor, in TokenInput) (words string, err error) {
	if err := actor.Require(Manage); err != nil {
		return "", err
	}
	if err := actor.RequireStepUp(a.clock.Now()); err != nil {
		return "", err
	}
	scopes, err := in.validate()
	if err != nil {
		return "", err
	}
	if slices.Contains(scopes, ScopeAdmin) && !actor.Can(Own) {
		return "", fail.New(fail.Forbidden, "fail.forbidden")
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		words, err = a.keepToken(ctx, tx, actor, in, scopes)
		return err
	})
	return words, err
}

func (a *Accounts) keepToken(ctx context.Context, tx pgx.Tx, actor Actor, in TokenInput, scopes []Scope) (string, error) {
	words, err := newAPIToken()
	if err != nil {
		return "", err
	}
	now := a.clock.Now()
	var expires *time.Time
	if in.Days > 0 {
		at := now.AddDate(0, 0, in.Days)
		expires = &at
	}
	id := db.NewID()
	var owner *uuid.UUID
	if actor.Kind == KindPerson {
		owner = &actor.ID
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO api_tokens (id, workspace_id, name, hint, token_hash, scopes, created_by, owner_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, actor.Workspace, in.Name, words[len(words)-4:], digest(words), scopes, actor.Name, owner, now, expires); err != nil {
		return "", fmt.Errorf("keep token: %w", err)
	}
	return words, record(ctx, tx, actor, now, "token.created", "token", id.String(), in.Name, map[string]any{"scopes": scopes})
}

// CreateTokenFor is for the command line of whoever runs the server. workspace is
// a name or an id. Invalid: workspace, scopes.
func (a *Accounts) CreateTokenFor(ctx context.Context, workspace, name string, scopes []string) (words string, err error) {
	in := TokenInput{Name: name, Scopes: scopes}
	granted, err := in.validate()
	if err != nil {
		return "", err
	}
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM workspaces WHERE name = $1 OR id::text = $1`, workspace)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		switch len(ids) {
		case 0:
			return invalidField("workspace", "account.field.workspace_unknown")
		case 1:
		default:
			return invalidField("workspace", "account.field.workspace_twice")
		}
		actor := System(ids[0])
		actor.Name = "command line"
		words, err = a.keepToken(ctx, tx, actor, in, granted)
		return err
	})
	return words, err
}

// Tokens of the actor's workspace, newest first. Needs Manage.
func (a *Accounts) Tokens(ctx context.Context, actor Actor) (tokens []Token, err error) {
	if err := actor.Require(Manage); err != nil {
		return nil, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT t.id, t.name, t.hint, t.scopes, t.created_by, coalesce(m.role, ''), t.created_at, t.expires_at, t.last_used_at
			FROM api_tokens t LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.user_id = t.owner_id
			WHERE t.workspace_id = current_workspace() AND t.revoked_at IS NULL AND (t.owner_id IS NULL OR m.user_id IS NOT NULL)
			ORDER BY t.created_at DESC LIMIT 200`)
		if err != nil {
			return err
		}
		tokens, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Token])
		return err
	})
	return tokens, err
}

// RevokeToken ends it at once. Needs Manage.
func (a *Accounts) RevokeToken(ctx context.Context, actor Actor, id uuid.UUID) error {
	if err := actor.Require(Manage); err != nil {
		return err
	}
	return a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := a.clock.Now()
		var name string
		err := tx.QueryRow(ctx, `UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING name`, id, now).Scan(&name)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, actor, now, "token.revoked", "token", id.String(), name, nil)
	})
}

// TokenActor is who holds the token. Unauthenticated (account.fail.token) when it
// is malformed, unknown, expired, revoked, or of somebody who is no member any
// more: they read the same.
func (a *Accounts) TokenActor(ctx context.Context, words string) (actor Actor, err error) {
	refused := fail.New(fail.Unauthenticated, "account.fail.token")
	if !wellFormed(words) {
		return Actor{}, refused
	}
	now := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var lastUsed *time.Time
		if actor, lastUsed, err = tokenActor(ctx, tx, `t.token_hash = $2`, now, digest(words)); err != nil {
			return err
		}
		if lastUsed != nil && now.Sub(*lastUsed) < seenEvery {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE api_tokens SET last_used_at = $2 WHERE id = $1`, actor.ID, now)
		return err
	})
	if db.NoRows(err) {
		return Actor{}, refused
	}
	return actor, err
}

// tokenActor is the token's actor as its owner is now; no rows when it is good no
// more. An installation's token is as strong as an owner.
func tokenActor(ctx context.Context, tx pgx.Tx, which string, now time.Time, arg any) (actor Actor, lastUsed *time.Time, err error) {
	actor.Kind = KindToken
	err = tx.QueryRow(ctx, `
		SELECT t.id, t.name, t.workspace_id, t.scopes, coalesce(m.role, 'owner'), t.last_used_at
		FROM api_tokens t LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.user_id = t.owner_id
		WHERE `+which+` AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $1)
		  AND (t.owner_id IS NULL OR m.user_id IS NOT NULL)`, now, arg).
		Scan(&actor.ID, &actor.Name, &actor.Workspace, &actor.Scopes, &actor.Role, &lastUsed)
	return actor, lastUsed, err
}

func newAPIToken() (string, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 256))
	if err != nil {
		return "", err
	}
	random := inBase62(n, randomChars)
	return tokenPrefix + random + checkOf(random), nil
}

func wellFormed(words string) bool {
	rest, ok := strings.CutPrefix(words, tokenPrefix)
	return ok && len(rest) == randomChars+checkChars && checkOf(rest[:randomChars]) == rest[randomChars:]
}

func checkOf(random string) string {
	return inBase62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(random)))), checkChars)
}

func inBase62(n *big.Int, width int) string {
	digits := make([]byte, width)
	base, rest := big.NewInt(62), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n, rest = new(big.Int).DivMod(n, base, rest)
		digits[i] = base62[rest.Int64()]
	}
	return string(digits)
}
