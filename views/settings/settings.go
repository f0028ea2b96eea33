// Package settings draws what people change about themselves and their workspaces.
package settings

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Tab is one page of the settings.
type Tab string

const (
	TabAudit       Tab = "audit"
	TabCredentials Tab = "credentials"
	TabKeys        Tab = "keys"
	TabMembers     Tab = "members"
	TabProfile     Tab = "profile"
	TabSessions    Tab = "sessions"
	TabTokens      Tab = "tokens"
	TabWorkspace   Tab = "workspace"
)

// Base is what every page of the settings shares.
type Base struct {
	Frame layout.Frame
	Tab   Tab
	Actor account.Actor
}

// Label is written out so that each key is found where it is used.
func (t Tab) Label(ctx context.Context) string {
	switch t {
	case TabAudit:
		return locales.T(ctx, "settings.tab.audit")
	case TabCredentials:
		return locales.T(ctx, "settings.tab.credentials")
	case TabKeys:
		return locales.T(ctx, "settings.tab.keys")
	case TabMembers:
		return locales.T(ctx, "settings.tab.members")
	case TabProfile:
		return locales.T(ctx, "settings.tab.profile")
	case TabSessions:
		return locales.T(ctx, "settings.tab.sessions")
	case TabTokens:
		return locales.T(ctx, "settings.tab.tokens")
	default:
		return locales.T(ctx, "settings.tab.workspace")
	}
}

// tabs are those that the person may see.
func (b Base) tabs(ctx context.Context) []parts.Tab {
	all := []struct {
		tab   Tab
		url   templ.SafeURL
		power account.Power // 0: everybody who is signed in
	}{
		{TabProfile, "/settings", 0},
		{TabSessions, "/settings/sessions", 0},
		{TabWorkspace, "/settings/workspace", account.View},
		{TabMembers, "/settings/members", account.View},
		{TabTokens, "/settings/tokens", account.Manage},
		{TabCredentials, "/settings/credentials", account.View},
		{TabKeys, "/settings/keys", account.View},
		{TabAudit, "/settings/audit", account.Manage},
	}
	var tabs []parts.Tab
	for _, one := range all {
		if one.power == 0 || b.Actor.Can(one.power) {
			tabs = append(tabs, parts.Tab{Label: one.tab.Label(ctx), URL: one.url, Current: one.tab == b.Tab})
		}
	}
	return tabs
}

// roleName is "Operator".
func roleName(ctx context.Context, role account.Role) string {
	return locales.T(ctx, "account.role."+string(role)+".name")
}
