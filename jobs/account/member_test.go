package account_test

import (
	"testing"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

func TestMembers(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	stranger := b.signIn("eve@evil.example")
	invite := func(address string, role account.Role) account.Session {
		t.Helper()
		if err := b.accounts.Invite(t.Context(), owner.Actor, address, role, "en"); err != nil {
			t.Fatal(err)
		}
		token, _ := b.newest()
		if err := b.accounts.Accept(t.Context(), stranger, token); !fail.Is(err, fail.NotFound) {
			t.Fatalf("a stranger accepted: %v", err)
		}
		s := b.signIn(address)
		if err := b.accounts.Accept(t.Context(), s, token); err != nil {
			t.Fatal(err)
		}
		if err := b.accounts.Accept(t.Context(), s, token); !fail.Is(err, fail.NotFound) {
			t.Fatalf("accepted twice: %v", err)
		}
		s.Actor.Workspace, s.Actor.Role = owner.Workspace.ID, role
		return s
	}
	admin, viewer := invite("ada@acacia.example", account.RoleAdmin), invite("vic@acacia.example", account.RoleViewer)
	for name, refused := range map[string]struct {
		err  error
		kind fail.Kind
	}{
		"a viewer invites":               {b.accounts.Invite(t.Context(), viewer.Actor, "x@y.example", account.RoleViewer, "en"), fail.Forbidden},
		"an admin makes an owner":        {b.accounts.SetRole(t.Context(), admin.Actor, viewer.User.ID, account.RoleOwner), fail.Forbidden},
		"an admin demotes the owner":     {b.accounts.SetRole(t.Context(), admin.Actor, owner.User.ID, account.RoleViewer), fail.Forbidden},
		"the last owner leaves":          {b.accounts.RemoveMember(t.Context(), owner.Actor, owner.User.ID), fail.Conflict},
		"the last owner steps down":      {b.accounts.SetRole(t.Context(), owner.Actor, owner.User.ID, account.RoleAdmin), fail.Conflict},
		"a role that is none":            {b.accounts.SetRole(t.Context(), owner.Actor, viewer.User.ID, "king"), fail.Invalid},
		"a viewer removes another":       {b.accounts.RemoveMember(t.Context(), viewer.Actor, admin.User.ID), fail.Forbidden},
		"somebody of another workspace":  {b.accounts.RemoveMember(t.Context(), owner.Actor, stranger.User.ID), fail.NotFound},
		"an invitation as owner":         {b.accounts.Invite(t.Context(), owner.Actor, "x@y.example", account.RoleOwner, "en"), fail.Invalid},
		"an invitation of a member":      {b.accounts.Invite(t.Context(), owner.Actor, "VIC@acacia.example", account.RoleViewer, "en"), fail.Conflict},
		"a visit to another's workspace": {b.accounts.Visit(t.Context(), stranger, owner.Workspace.ID), fail.NotFound},
	} {
		if !fail.Is(refused.err, refused.kind) {
			t.Errorf("%s: %v, want %s", name, refused.err, refused.kind)
		}
	}
	if err := b.accounts.RemoveMember(t.Context(), viewer.Actor, viewer.User.ID); err != nil {
		t.Errorf("a viewer may leave: %v", err)
	}
	members, err := b.accounts.Members(t.Context(), owner.Actor)
	if err != nil || len(members) != 2 {
		t.Errorf("%d members, %v", len(members), err)
	}
}

func TestAnExMemberLosesAccessAtOnce(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	if err := b.accounts.Invite(t.Context(), owner.Actor, "vic@acacia.example", account.RoleViewer, "en"); err != nil {
		t.Fatal(err)
	}
	invitation, _ := b.newest()
	token, _ := b.ask("vic@acacia.example", "browser")
	cookie, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.accounts.Accept(t.Context(), b.session(cookie), invitation); err != nil {
		t.Fatal(err)
	}
	if s := b.session(cookie); s.Workspace.ID != owner.Workspace.ID || !s.Actor.Can(account.View) {
		t.Fatalf("%+v", s)
	}
	if err := b.accounts.RemoveMember(t.Context(), owner.Actor, b.session(cookie).User.ID); err != nil {
		t.Fatal(err)
	}
	if s := b.session(cookie); s.Workspace.ID == owner.Workspace.ID || s.Actor.Can(account.View) {
		t.Fatalf("still in: %+v", s)
	}
}
