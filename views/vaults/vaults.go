// Package vaults shows where copies are kept: the list, a vault's own page, its
// forms, its recovery kit.
package vaults

import (
	"context"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// List is the page of all vaults.
type List struct {
	Frame     layout.Frame
	Vaults    []vault.Vault
	CanManage bool
}

// Page is a vault's own page. Card is its newest set-up or upkeep, nil before any.
type Page struct {
	Frame      layout.Frame
	Vault      vault.Vault
	Plans      []backup.Plan
	Tasks      []task.Task
	Card       *tasks.Props
	CanManage  bool
	CanOperate bool
}

// Form is a new vault, or the settings of Vault. Input is what was typed; its
// secret is never shown again.
type Form struct {
	Frame    layout.Frame
	Vault    vault.Vault
	Input    vault.Input
	Roots    string // folders that the operator allows
	Problems parts.Problems
}

// TaskPage is a set-up or upkeep by itself; Vault is uuid.Nil when it was deleted.
type TaskPage struct {
	Frame layout.Frame
	Vault uuid.UUID
	Card  tasks.Props
}

// URL of a vault's page.
func URL(id uuid.UUID, rest string) templ.SafeURL {
	return templ.SafeURL("/vaults/" + id.String() + rest)
}

// Mend leads from a failed task to the settings, where only those help.
func Mend(ctx context.Context, id uuid.UUID, t task.Task, canManage bool) parts.Action {
	switch t.FailureClass {
	case fail.ClassConfig, fail.ClassCredentials, fail.ClassGone:
		if canManage && id != uuid.Nil {
			return parts.Action{Label: locales.T(ctx, "vaults.open_settings"), URL: URL(id, "/settings"), Icon: "settings"}
		}
	}
	return parts.Action{}
}

func kindIcon(kind vault.Kind) string {
	if kind == vault.S3 {
		return "cloud"
	}
	return "hard-drive"
}

// place is where it is, shortened where Levqor chose it.
func place(ctx context.Context, v vault.Vault) templ.Component {
	if v.Location.Managed {
		return parts.Words(locales.T(ctx, "vaults.managed"))
	}
	return parts.Mono(strings.TrimSuffix(v.Location.String(), "/"))
}

// state is the vault's badge: the worst that a person should know.
func state(ctx context.Context, v vault.Vault) templ.Component {
	switch {
	case v.State == vault.Failed:
		return parts.StatusBadge(parts.StatusFailed, locales.T(ctx, "vault.state.failed"))
	case v.State == vault.Creating:
		return parts.StatusBadge(parts.StatusRunning, locales.T(ctx, "vault.state.creating"))
	case len(v.Damage) > 0:
		return parts.StatusBadge(parts.StatusFailed, locales.N(ctx, "vaults.damaged", len(v.Damage)))
	}
	return parts.StatusBadge(parts.StatusOK, locales.T(ctx, "vault.state.ready"))
}

func kitBadge(ctx context.Context, v vault.Vault) templ.Component {
	if v.KitDownloadedAt == nil {
		return parts.StatusBadge(parts.StatusWarning, locales.T(ctx, "vaults.kit.missing"))
	}
	return parts.BadgeOf(parts.Good, "key-round", locales.T(ctx, "vaults.kit.there"))
}

func used(ctx context.Context, v vault.Vault) string {
	if v.UsedBytes == nil {
		return "–"
	}
	return locales.Bytes(ctx, *v.UsedBytes)
}

// strip is the four facts of a vault: room, snapshots, verification, kit.
func strip(ctx context.Context, p Page) []parts.Fact {
	v := p.Vault
	room := parts.Fact{Label: locales.T(ctx, "vaults.fact.used"), Value: used(ctx, v), Tip: locales.T(ctx, "vaults.fact.not_measured"), Tone: parts.Neutral}
	if v.MeasuredAt != nil {
		room.Tip = locales.T(ctx, "vaults.fact.measured", "ago", locales.Ago(ctx, *v.MeasuredAt))
	}
	snapshots := parts.Fact{Label: locales.T(ctx, "vaults.fact.snapshots"), Value: locales.Number(ctx, v.Snapshots),
		Tone: parts.Neutral, Icon: "calendar-clock", Tip: locales.N(ctx, "vaults.fact.plans", v.Plans)}
	read := parts.Fact{Label: locales.T(ctx, "vaults.fact.verified"), Value: locales.T(ctx, "vaults.never"), Tone: parts.Neutral, Tip: locales.T(ctx, "vaults.fact.unverified")}
	if v.VerifiedAt != nil {
		read.Value, read.Tone, read.Tip = locales.Ago(ctx, *v.VerifiedAt), parts.Good, locales.T(ctx, "vaults.fact.intact")
	}
	if len(v.Damage) > 0 {
		read.Tone, read.Tip = parts.Bad, locales.N(ctx, "vaults.damaged", len(v.Damage))
	}
	kit := parts.Fact{Label: locales.T(ctx, "vaults.kit.title"), Value: locales.T(ctx, "vaults.kit.missing"), Tone: parts.Warn, Tip: locales.T(ctx, "vaults.fact.no_kit")}
	if v.KitDownloadedAt != nil {
		kit.Value, kit.Tone, kit.Icon = locales.T(ctx, "vaults.kit.there"), parts.Good, "key-round"
		kit.Tip = locales.When(ctx, *v.KitDownloadedAt)
	}
	return []parts.Fact{room, snapshots, read, kit}
}
