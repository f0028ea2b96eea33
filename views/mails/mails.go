// Package mails writes out every mail, as a table with inline styles and as
// plain text, from one letter.
package mails

import (
	"context"
	"fmt"
	"strings"
	"time"

	"levqor/jobs/mail"
	"levqor/locales"
)

// Render writes the mail in the language and zone of ctx; base is how people
// reach the web process. The same message gives the same words each time.
func Render(ctx context.Context, base string, msg mail.Message) (mail.Rendered, error) {
	write, ok := writers()[msg.Kind]
	if !ok {
		return mail.Rendered{}, fmt.Errorf("a mail of an unknown kind %q", msg.Kind)
	}
	facts := facts{msg.Args}
	if zone, err := time.LoadLocation(facts.text("zone")); err == nil && facts.text("zone") != "" {
		ctx = locales.WithZone(ctx, zone)
	}
	ctx = locales.WithNow(ctx, msg.QueuedAt)
	l := write(ctx, base, msg.To, facts)
	var html strings.Builder
	if err := page(l).Render(ctx, &html); err != nil {
		return mail.Rendered{}, err
	}
	return mail.Rendered{Subject: strings.Join(strings.Fields(l.Subject), " "), HTML: html.String(), Text: plain(ctx, l)}, nil
}

// InNewTabs makes the links of a rendered mail open beside it, for looking at
// it in a frame.
func InNewTabs(html string) string {
	return strings.Replace(html, "<head>", `<head><base target="_blank">`, 1)
}

type writer func(ctx context.Context, base, to string, f facts) letter

func writers() map[mail.Kind]writer {
	return map[mail.Kind]writer{
		mail.BackupFailed:  backupFailed,
		mail.BackupOverdue: backupOverdue,
		mail.Incomplete:    standing("incomplete"),
		mail.Invitation:    invitation,
		mail.NewDevice:     newDevice,
		mail.ProofFailed:   proofFailed,
		mail.ProofOld:      standing("proof_old"),
		mail.ShapeChanged:  standing("shape_changed"),
		mail.Recovered:     recovered,
		mail.SignIn:        signIn,
		mail.StepUp:        stepUp,
		mail.VaultDamaged:  vaultDamaged,
		mail.VaultWhole:    vaultWhole,
		mail.Workflow:      fromWorkflow,
	}
}

// facts are a message's arguments as JSON gave them back.
type facts struct{ args map[string]any }

func (f facts) text(name string) string {
	text, _ := f.args[name].(string)
	return text
}

func (f facts) whole(name string) int64 {
	switch n := f.args[name].(type) {
	case float64:
		return int64(n)
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

func (f facts) moment(name string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, f.text(name))
	return at, err == nil
}

// group is an argument that holds arguments of its own. Whole numbers lose the
// float that JSON made of them, so that a million is not written 1e+06.
func (f facts) group(name string) map[string]any {
	group, _ := f.args[name].(map[string]any)
	clean := make(map[string]any, len(group))
	for key, value := range group {
		if n, ok := value.(float64); ok && n == float64(int64(n)) {
			value = int64(n)
		}
		clean[key] = value
	}
	return clean
}
