package mails

import (
	"context"
	"strings"

	"levqor/locales"
)

func signIn(ctx context.Context, _, to string, f facts) letter {
	minutes := f.whole("minutes")
	lead := say(ctx, "mail.sign_in.lead", "minutes", locales.Number(ctx, minutes))
	if device := deviceOf(ctx, f); device != "" {
		lead = say(ctx, "mail.sign_in.lead_device", "minutes", locales.Number(ctx, minutes), "device", device)
	}
	return letter{
		Subject: locales.T(ctx, "mail.sign_in.subject"),
		Preview: locales.T(ctx, "mail.sign_in.preview", "minutes", locales.Number(ctx, minutes)),
		Title:   locales.T(ctx, "mail.sign_in.title"),
		Lead:    lead,
		Button:  button{locales.T(ctx, "mail.sign_in.button"), f.text("link")},
		Hint:    locales.T(ctx, "mail.sign_in.hint"),
		Code:    spaced(f.text("code")),
		Close:   locales.T(ctx, "mail.sign_in.close"),
		Footer:  say(ctx, "mail.sign_in.footer", "to", to),
	}
}

func stepUp(ctx context.Context, base, to string, f facts) letter {
	minutes := locales.Number(ctx, f.whole("minutes"))
	return letter{
		Subject: locales.T(ctx, "mail.step_up.subject"),
		Preview: locales.T(ctx, "mail.step_up.preview", "minutes", minutes),
		Title:   locales.T(ctx, "mail.step_up.title"),
		Lead:    say(ctx, "mail.step_up.lead", "minutes", minutes),
		Code:    spaced(f.text("code")),
		Close:   locales.T(ctx, "mail.step_up.close"),
		Link:    base + sessionsPath,
		Footer:  say(ctx, "mail.step_up.footer", "to", to),
	}
}

func invitation(ctx context.Context, _, to string, f facts) letter {
	by, workspace, days := f.text("by"), f.text("workspace"), int(f.whole("days"))
	return letter{
		Subject: locales.T(ctx, "mail.invitation.subject", "by", by, "workspace", workspace),
		Preview: locales.N(ctx, "mail.invitation.preview", days),
		Title:   locales.T(ctx, "mail.invitation.title", "workspace", workspace),
		Lead:    say(ctx, "mail.invitation.lead", "by", by, "workspace", workspace),
		Rows: []row{
			{locales.T(ctx, "mail.row.role"), locales.T(ctx, "mail.role."+f.text("role"))},
			{locales.T(ctx, "mail.row.works"), locales.N(ctx, "mail.invitation.works", days, "to", to)},
		},
		Button: button{locales.T(ctx, "mail.invitation.button"), f.text("link")},
		Close:  locales.T(ctx, "mail.invitation.close"),
		Footer: say(ctx, "mail.invitation.footer", "to", to, "by", by),
	}
}

func newDevice(ctx context.Context, base, to string, f facts) letter {
	device := deviceOf(ctx, f)
	if device == "" {
		device = locales.T(ctx, "mail.device.unknown")
	}
	rows := []row{{locales.T(ctx, "mail.row.device"), device}}
	if ip := f.text("ip"); ip != "" {
		rows = append(rows, row{locales.T(ctx, "mail.row.ip"), ip})
	}
	if at, ok := f.moment("at"); ok {
		rows = append(rows, row{locales.T(ctx, "mail.row.at"), locales.Exact(ctx, at)})
	}
	return letter{
		Subject: locales.T(ctx, "mail.new_device.subject"),
		Preview: device,
		Title:   locales.T(ctx, "mail.new_device.title"),
		Lead:    say(ctx, "mail.new_device.lead", "to", to),
		Rows:    rows,
		Mend:    locales.T(ctx, "mail.new_device.mend"),
		Button:  button{locales.T(ctx, "mail.new_device.button"), base + sessionsPath},
		Footer:  say(ctx, "mail.new_device.footer", "to", to),
	}
}

const sessionsPath = "/settings/sessions"

// deviceOf is "Firefox on Windows", or what of it is known.
func deviceOf(ctx context.Context, f facts) string {
	browser, system := f.text("browser"), f.text("system")
	if browser == "" || system == "" {
		return browser + system
	}
	return locales.T(ctx, "mail.device.known", "browser", browser, "system", system)
}

// spaced sets six digits in two groups, as people read them.
func spaced(code string) string {
	if len(code) != 6 {
		return code
	}
	return strings.Join([]string{code[:3], code[3:]}, " ")
}
