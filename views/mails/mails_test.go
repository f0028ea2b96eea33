package mails_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"levqor/jobs/mail"
	"levqor/locales/localestest"
	"levqor/views/mails"
)

const base = "https://backup.example"

// letters is one message of each kind, its arguments as the queue gives them back.
func letters(t *testing.T) map[mail.Kind]mail.Message {
	t.Helper()
	alert := map[string]any{
		"workspace": "Acacia & Co", "source": "accounting", "path": "/sources/7", "at": "2026-11-24T10:40:00Z",
		"newest_at": "2026-11-24T00:40:00Z", "rpo_seconds": 21600, "zone": "Europe/London",
		"failure_key": "task.fail.internal", "failure_args": map[string]any{}, "times": 1,
	}
	with := func(more map[string]any) map[string]any {
		all := maps.Clone(alert)
		maps.Copy(all, more)
		return all
	}
	messages := map[mail.Kind]mail.Message{}
	for kind, args := range map[mail.Kind]map[string]any{
		mail.BackupFailed:  alert,
		mail.BackupOverdue: with(map[string]any{"failure_key": "alert.fail.overdue"}),
		mail.Invitation:    {"workspace": "Acacia & Co", "by": "Olive", "role": "viewer", "days": 7, "link": base + "/invitations/abc"},
		mail.NewDevice:     {"browser": "Firefox", "system": "Windows", "ip": "192.0.2.1", "at": "2026-11-24T10:40:00Z", "zone": "Europe/London"},
		mail.ProofFailed:   with(map[string]any{"failure_key": "drill.fail.checks", "failure_args": map[string]any{"bad": 2, "total": 1_000_000}}),
		mail.Recovered:     alert,
		mail.SignIn:        {"link": base + "/sign-in/abc", "code": "481902", "minutes": 10, "browser": "Firefox", "system": "Windows"},
		mail.StepUp:        {"code": "481902", "minutes": 10},
		mail.VaultDamaged: {"workspace": "Acacia & Co", "vault": "office-nas", "path": "/vaults/3", "at": "2026-11-24T10:40:00Z", "zone": "Europe/London",
			"failure_key": "vault.fail.damage_found", "failure_args": map[string]any{"count": 3, "blob": "p7"}},
		mail.VaultWhole: {"workspace": "Acacia & Co", "vault": "office-nas", "path": "/vaults/3", "at": "2026-11-24T10:40:00Z", "zone": "Europe/London"},
		mail.Workflow:   {"subject": "Weekly report", "body": "Dear all,\r\n12 of 12\r\nare fine.\n\n<b>Bye</b>", "workflow": "Report", "workspace": "Acacia & Co"},
	} {
		raw, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		msg := mail.Message{Kind: kind, To: "naomi@acacia.example", QueuedAt: localestest.Now}
		if err := json.Unmarshal(raw, &msg.Args); err != nil {
			t.Fatal(err)
		}
		messages[kind] = msg
	}
	return messages
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := mails.Render(localestest.Context(t, "en"), base, mail.Message{Kind: "spam"}); err == nil {
		t.Fatal("rendered")
	}
}

func TestEveryKindSaysTheSameInBothForms(t *testing.T) {
	t.Parallel()
	wanted := map[mail.Kind][]string{
		mail.BackupFailed:  {"accounting: the backup failed", "10 h 2 m old, the RPO is 6 h", base + "/sources/7", "24 Nov 2026, 10:40:00 GMT"},
		mail.BackupOverdue: {"accounting: no new copy within the RPO"},
		mail.Invitation:    {"Join Acacia & Co", base + "/invitations/abc", "Viewer", "for 7 days"},
		mail.NewDevice:     {"Firefox on Windows", "192.0.2.1", base + "/settings/sessions"},
		mail.ProofFailed:   {"1000000", "How to mend it"},
		mail.Recovered:     {"accounting is fine again"},
		mail.SignIn:        {base + "/sign-in/abc", "481 902", "with Firefox on Windows. The link works once, for 10 minutes, in that browser."},
		mail.StepUp:        {"481 902", "for 10 minutes", base + "/settings/sessions"},
		mail.VaultDamaged:  {"office-nas: the vault is damaged", "damaged pieces: 3.", "How to mend it", "24 Nov 2026, 10:40:00 GMT", base + "/vaults/3"},
		mail.VaultWhole:    {"office-nas: the vault is whole again", "nothing is damaged any more", base + "/vaults/3"},
		mail.Workflow:      {"Weekly report", "Dear all,", "12 of 12", "Report", "Acacia & Co"},
	}
	messages := letters(t)
	for kind, parts := range wanted {
		got, err := mails.Render(localestest.Context(t, "en"), base, messages[kind])
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("LEVQOR_MAIL_DIR"); dir != "" {
			if err := os.WriteFile(dir+"/"+string(kind)+".html", []byte(got.HTML), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got.Subject == "" || strings.ContainsAny(got.Subject, "\r\n!") {
			t.Errorf("%s: subject %q", kind, got.Subject)
		}
		for _, part := range append(parts, "naomi@acacia.example") {
			if !strings.Contains(spaces(got.Text), part) {
				t.Errorf("%s: the text lacks %q:\n%s", kind, part, got.Text)
			}
			if !strings.Contains(shown(got.HTML), strings.ReplaceAll(part, "&", "&amp;")) {
				t.Errorf("%s: the page lacks %q:\n%s", kind, part, shown(got.HTML))
			}
		}
	}
}

func TestAMailIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	for kind, msg := range letters(t) {
		first, err := mails.Render(localestest.Context(t, "en"), base, msg)
		if err != nil {
			t.Fatal(err)
		}
		second, err := mails.Render(localestest.Context(t, "en"), base, msg)
		if err != nil || first != second {
			t.Errorf("%s changes, so the mail service would not know it again: %v", kind, err)
		}
	}
}

// Nothing is hard-coded: in the pseudo-locales every word changes, and the page
// runs from right to left where the language does.
func TestPseudoLocales(t *testing.T) {
	t.Parallel()
	for kind, msg := range letters(t) {
		english, err := mails.Render(localestest.Context(t, "en"), base, msg)
		if err != nil {
			t.Fatal(err)
		}
		mirrored, err := mails.Render(localestest.Context(t, "ar-XB"), base, msg)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(mirrored.HTML, `dir="rtl"`) || kind != mail.Workflow && english.Subject == mirrored.Subject { // a workflow's subject is its author's
			t.Errorf("%s: %s", kind, mirrored.Subject)
		}
	}
}

func TestWhatPeopleTypedStaysText(t *testing.T) {
	t.Parallel()
	msg := letters(t)[mail.Invitation]
	msg.Args["by"] = "<script>alert(1)</script>\r\nBcc: all@example.com"
	msg.Args["link"] = "javascript:alert(1)"
	got, err := mails.Render(localestest.Context(t, "en"), base, msg)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.HTML, "<script") || strings.ContainsAny(got.Subject, "\r\n") {
		t.Errorf("%q\n%s", got.Subject, got.HTML)
	}
}

func TestKindsAreAllWritten(t *testing.T) {
	t.Parallel()
	all := []mail.Kind{mail.BackupFailed, mail.BackupOverdue, mail.Invitation, mail.NewDevice, mail.ProofFailed, mail.Recovered, mail.SignIn, mail.StepUp, mail.VaultDamaged, mail.VaultWhole, mail.Workflow}
	if got := slices.Sorted(maps.Keys(letters(t))); !slices.Equal(got, all) {
		t.Errorf("%v", got)
	}
}

func TestAnAlertWithoutAnyCopy(t *testing.T) {
	t.Parallel()
	msg := letters(t)[mail.BackupFailed]
	delete(msg.Args, "newest_at")
	msg.QueuedAt = msg.QueuedAt.Add(time.Hour)
	got, err := mails.Render(localestest.Context(t, "en"), base, msg)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Text, "are safe") || !strings.Contains(spaces(got.Text), "none yet, the RPO is 6 h") {
		t.Error(got.Text)
	}
}

func spaces(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

// shown is the page without its tags.
func shown(html string) string {
	var out strings.Builder
	for part := range strings.SplitSeq(html, "<") {
		tag, text, _ := strings.Cut(part, ">")
		if address, ok := strings.CutPrefix(tag, "a class=\"go\" href=\""); ok {
			out.WriteString(" " + address)
		}
		out.WriteString(text)
	}
	return spaces(out.String())
}
