package settings

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/locales"
)

// AuditPage is a page of who did what, newest first. Older is the entry to go on
// below; 0: there are none.
type AuditPage struct {
	Base
	Entries []audit.Entry
	Paged   bool // not the newest page
	Older   int64
}

func (p AuditPage) older() templ.SafeURL {
	if p.Older == 0 {
		return ""
	}
	return templ.SafeURL("/settings/audit?before=" + strconv.FormatInt(p.Older, 10))
}

func (p AuditPage) newest() templ.SafeURL {
	if !p.Paged {
		return ""
	}
	return "/settings/audit"
}

func action(ctx context.Context, e audit.Entry) string {
	return locales.T(ctx, "audit.action."+strings.ReplaceAll(e.Action, ".", "_"))
}

// actorIcon and actorKind tell people from what acts by itself.
func actorIcon(kind account.ActorKind) string {
	switch kind {
	case account.KindSystem:
		return "clock"
	case account.KindToken:
		return "key-round"
	case account.KindAdmin:
		return "shield"
	default:
		return "user"
	}
}

func actorKind(ctx context.Context, kind account.ActorKind) string {
	switch kind {
	case account.KindSystem:
		return locales.T(ctx, "audit.actor.system")
	case account.KindToken:
		return locales.T(ctx, "audit.actor.token")
	case account.KindAdmin:
		return locales.T(ctx, "audit.actor.admin")
	default:
		return locales.T(ctx, "audit.actor.person")
	}
}

// detail is what else is known of the event and worth a line; "" if nothing.
func detail(ctx context.Context, e audit.Entry) string {
	text := func(key string) string { s, _ := e.Detail[key].(string); return s }
	switch {
	case text("role") != "":
		return roleName(ctx, account.Role(text("role")))
	case e.Action == "member.role_changed":
		return locales.T(ctx, "audit.detail.changed", "from", roleName(ctx, account.Role(text("from"))), "to", roleName(ctx, account.Role(text("to"))))
	case text("was") != "" && text("was") != e.SubjectName:
		return locales.T(ctx, "audit.detail.was", "name", text("was"))
	case text("proof") != "":
		return locales.T(ctx, "audit.detail.checks", "good", whole(ctx, e.Detail["good"]), "total", whole(ctx, e.Detail["total"]))
	case text("place") != "":
		return locales.T(ctx, "audit.detail.place", "place", text("place"))
	case text("reason") != "":
		return text("reason")
	default:
		return scopesIn(ctx, e.Detail["scopes"])
	}
}

// whole writes a number as JSON brought it.
func whole(ctx context.Context, value any) string {
	n, _ := value.(float64)
	return locales.Number(ctx, int64(n))
}

func scopesIn(ctx context.Context, value any) string {
	list, _ := value.([]any)
	scopes := make([]account.Scope, 0, len(list))
	for _, one := range list {
		scopes = append(scopes, account.Scope(fmt.Sprint(one)))
	}
	if len(scopes) == 0 {
		return ""
	}
	return scopeName(ctx, strongest(scopes))
}
