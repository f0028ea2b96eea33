package settings

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/parts"
)

// MembersPage is who may do what in the workspace.
type MembersPage struct {
	Base
	Members  []account.Member
	Waiting  []account.Invitation
	Form     InviteForm
	Problems parts.Problems
}

// InviteForm is what was typed to invite somebody.
type InviteForm struct {
	Email string
	Role  account.Role
}

func (p MembersPage) manages() bool { return p.Actor.Can(account.Manage) }

func (p MembersPage) isYou(m account.Member) bool { return m.UserID == p.Actor.ID }

// mayChange reports whether this person may change that member's role: only
// owners change owners.
func (p MembersPage) mayChange(m account.Member) bool {
	return p.manages() && (m.Role != account.RoleOwner || p.Actor.Can(account.Own))
}

// mayLeave leaves out the last owner: a workspace needs one.
func (p MembersPage) mayLeave(m account.Member) bool {
	if !p.isYou(m) || m.Role != account.RoleOwner {
		return p.isYou(m)
	}
	owners := 0
	for _, other := range p.Members {
		if other.Role == account.RoleOwner {
			owners++
		}
	}
	return owners > 1
}

func (p MembersPage) roles(ctx context.Context) []parts.Option {
	var options []parts.Option
	for _, role := range account.Roles() {
		if role != account.RoleOwner || p.Actor.Can(account.Own) {
			options = append(options, parts.Option{Value: string(role), Label: roleName(ctx, role)})
		}
	}
	return options
}

// offered are the roles of an invitation, the weakest first: what is given by
// mistake should be little.
func offered(ctx context.Context) []parts.Option {
	var options []parts.Option
	for _, role := range []account.Role{account.RoleViewer, account.RoleOperator, account.RoleAdmin} {
		options = append(options, parts.Option{Value: string(role), Label: locales.T(ctx, "account.role."+string(role)+".text")})
	}
	return options
}

func memberURL(m account.Member, verb string) templ.SafeURL {
	return templ.SafeURL("/settings/members/" + m.UserID.String() + "/" + verb)
}

func invitationURL(i account.Invitation, verb string) templ.SafeURL {
	return templ.SafeURL("/settings/invitations/" + i.ID.String() + "/" + verb)
}
