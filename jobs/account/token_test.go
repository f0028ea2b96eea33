package account_test

import (
	"testing"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

func TestTokens(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	words, err := b.accounts.CreateToken(t.Context(), owner.Actor, account.TokenInput{Name: "ci", Scopes: []string{"read", "operate"}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	actor, err := b.accounts.TokenActor(t.Context(), words)
	if err != nil || actor.Workspace != owner.Workspace.ID || !actor.Can(account.Operate) || actor.Can(account.Manage) {
		t.Fatalf("%+v, %v", actor, err)
	}
	for name, bad := range map[string]string{"none": "", "another prefix": "lvx_" + words[4:], "a changed letter": words[:10] + flip(words[10]) + words[11:], "cut": words[:20]} {
		if _, err := b.accounts.TokenActor(t.Context(), bad); !fail.Is(err, fail.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]account.TokenInput{"no name": {Scopes: []string{"read"}}, "no scope": {Name: "x"}, "an unknown scope": {Name: "x", Scopes: []string{"root"}}, "days below zero": {Name: "x", Scopes: []string{"read"}, Days: -1}} {
		if _, err := b.accounts.CreateToken(t.Context(), owner.Actor, in); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stale := owner.Actor
	stale.SteppedUpAt = time.Time{}
	if _, err := b.accounts.CreateToken(t.Context(), stale, account.TokenInput{Name: "x", Scopes: []string{"read"}}); !fail.Is(err, fail.StepUp) {
		t.Errorf("without step-up: %v", err)
	}
	if _, err := b.accounts.CreateToken(t.Context(), actor, account.TokenInput{Name: "x", Scopes: []string{"read"}}); !fail.Is(err, fail.Forbidden) {
		t.Errorf("a token made a token: %v", err)
	}
	stranger := b.signIn("eve@evil.example")
	if err := b.accounts.RevokeToken(t.Context(), stranger.Actor, actor.ID); !fail.Is(err, fail.NotFound) {
		t.Errorf("a stranger revoked it: %v", err)
	}
	b.clock.Shift(25 * time.Hour)
	if _, err := b.accounts.TokenActor(t.Context(), words); !fail.Is(err, fail.Unauthenticated) {
		t.Errorf("expired: %v", err)
	}
	cli, err := b.accounts.CreateTokenFor(t.Context(), owner.Workspace.ID.String(), "cli", []string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	if actor, err := b.accounts.TokenActor(t.Context(), cli); err != nil || !actor.Can(account.Own) {
		t.Errorf("%+v, %v", actor, err)
	}
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}
