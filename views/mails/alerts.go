package mails

import (
	"context"
	"time"

	"levqor/locales"
	"levqor/views/parts"
)

func backupFailed(ctx context.Context, base, to string, f facts) letter {
	l := problem(ctx, base, to, f)
	l.Subject = locales.T(ctx, "mail.backup_failed.subject", "source", f.text("source"))
	l.Title = l.Subject
	l.Badge = badge{bad(), "✕", locales.T(ctx, "mail.badge.failed")}
	l.Button.Label = locales.T(ctx, "mail.backup_failed.button")
	return l
}

func backupOverdue(ctx context.Context, base, to string, f facts) letter {
	l := problem(ctx, base, to, f)
	l.Subject = locales.T(ctx, "mail.backup_overdue.subject", "source", f.text("source"))
	l.Title = l.Subject
	l.Badge = badge{late(), "!", locales.T(ctx, "mail.badge.late")}
	l.Button.Label = locales.T(ctx, "mail.backup_overdue.button")
	return l
}

func proofFailed(ctx context.Context, base, to string, f facts) letter {
	l := problem(ctx, base, to, f)
	l.Subject = locales.T(ctx, "mail.proof_failed.subject", "source", f.text("source"))
	l.Title = l.Subject
	l.Badge = badge{bad(), "✕", locales.T(ctx, "mail.badge.failed")}
	l.Button.Label = locales.T(ctx, "mail.proof_failed.button")
	return l
}

// standing is what is wrong though no task failed.
func standing(kind string) func(context.Context, string, string, facts) letter {
	return func(ctx context.Context, base, to string, f facts) letter {
		l := problem(ctx, base, to, f)
		l.Subject = locales.T(ctx, "mail."+kind+".subject", "source", f.text("source"))
		l.Title = l.Subject
		l.Badge = badge{late(), "!", locales.T(ctx, "mail.badge.look")}
		l.Button.Label = locales.T(ctx, "mail.backup_overdue.button")
		return l
	}
}

func recovered(ctx context.Context, base, to string, f facts) letter {
	source := f.text("source")
	return letter{
		Subject: locales.T(ctx, "mail.recovered.subject", "source", source),
		Preview: locales.T(ctx, "mail.recovered.preview"),
		Badge:   badge{good(), "✓", locales.T(ctx, "mail.badge.fine")},
		Title:   locales.T(ctx, "mail.recovered.subject", "source", source),
		Lead:    say(ctx, "mail.recovered.lead", "source", source),
		Rows:    copyRows(ctx, f),
		Button:  button{locales.T(ctx, "mail.recovered.button"), base + f.text("path")},
		Footer:  say(ctx, "mail.alert.footer", "to", to, "workspace", f.text("workspace")),
	}
}

func vaultDamaged(ctx context.Context, base, to string, f facts) letter {
	l := problem(ctx, base, to, f)
	l.Subject = locales.T(ctx, "mail.vault_damaged.subject", "vault", f.text("vault"))
	l.Title = l.Subject
	l.Badge = badge{bad(), "✕", locales.T(ctx, "mail.badge.damaged")}
	l.Rows = momentRows(ctx, f)
	l.Button.Label = locales.T(ctx, "mail.vault_damaged.button")
	return l
}

func vaultWhole(ctx context.Context, base, to string, f facts) letter {
	vault := f.text("vault")
	return letter{
		Subject: locales.T(ctx, "mail.vault_whole.subject", "vault", vault),
		Preview: locales.T(ctx, "mail.vault_whole.preview"),
		Badge:   badge{good(), "✓", locales.T(ctx, "mail.badge.fine")},
		Title:   locales.T(ctx, "mail.vault_whole.subject", "vault", vault),
		Lead:    say(ctx, "mail.vault_whole.lead", "vault", vault),
		Rows:    momentRows(ctx, f),
		Button:  button{locales.T(ctx, "mail.vault_whole.button"), base + f.text("path")},
		Footer:  say(ctx, "mail.alert.footer", "to", to, "workspace", f.text("workspace")),
	}
}

// problem is what the mails about something wrong have in common.
func problem(ctx context.Context, base, to string, f facts) letter {
	failure := parts.FailureOf(ctx, f.text("failure_key"), f.group("failure_args"))
	return letter{
		Preview: failure.Text,
		Lead:    words(failure.Text),
		Rows:    copyRows(ctx, f),
		Mend:    failure.Mend,
		Button:  button{URL: base + f.text("path")},
		Close:   safeCopies(ctx, f),
		Footer:  say(ctx, "mail.alert.footer", "to", to, "workspace", f.text("workspace")),
	}
}

func copyRows(ctx context.Context, f facts) []row {
	var rows []row
	objective := locales.Duration(ctx, time.Duration(f.whole("rpo_seconds"))*time.Second)
	switch newest, ok := f.moment("newest_at"); {
	case ok:
		age := locales.Duration(ctx, max(0, locales.Now(ctx).Sub(newest)))
		rows = append(rows, row{locales.T(ctx, "mail.row.newest"), locales.T(ctx, "mail.alert.newest", "age", age, "objective", objective)})
	default:
		rows = append(rows, row{locales.T(ctx, "mail.row.newest"), locales.T(ctx, "mail.alert.no_copy", "objective", objective)})
	}
	return append(rows, momentRows(ctx, f)...)
}

func momentRows(ctx context.Context, f facts) []row {
	at, ok := f.moment("at")
	if !ok {
		return nil
	}
	return []row{{locales.T(ctx, "mail.row.at"), locales.Exact(ctx, at)}}
}

// safeCopies says so where there are any.
func safeCopies(ctx context.Context, f facts) string {
	if _, ok := f.moment("newest_at"); !ok {
		return ""
	}
	return locales.T(ctx, "mail.alert.safe")
}
