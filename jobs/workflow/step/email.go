package step

import (
	"context"
	"encoding/json"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/mail"
	"levqor/jobs/workflow/class"
)

// Bounds of one e-mail step.
const (
	mostAddresses  = 20
	longestSubject = 200
	longestBody    = 20_000
)

// mostMailsADay is how many mails the workflows of a workspace send on a day in UTC.
const mostMailsADay = 1000

// Email writes to people. To others than members of the workspace, a person
// decides first: what left the house can't be called back.
func Email(mails *mail.Mails, accounts *account.Accounts) *Spec {
	return &Spec{
		Kind: "email", Group: "people", Icon: "mail", Mode: Inside, Class: class.C,
		Fields: []Field{
			{Name: "to", Type: Text, Required: true},
			{Name: "subject", Type: Text, Required: true},
			{Name: "body", Type: LongText, Required: true},
		},
		Output: []Output{{"to", "list"}, {"sent", "number"}},
		Check: func(config map[string]any) []Problem {
			to, _ := config["to"].(string)
			if strings.Contains(to, "${") {
				return nil
			}
			if _, why := addresses(to); why != "" {
				return []Problem{{Field: "to", Key: why, Args: map[string]any{"max": mostAddresses}}}
			}
			return nil
		},
		Classify: func(ctx context.Context, call Call) (class.Class, error) {
			to, why := addresses(call.text("to"))
			if why != "" {
				return class.B, nil // it is refused when it begins: nobody is asked about it
			}
			members, err := accounts.AreMembers(ctx, call.Workspace, to)
			if err != nil || members {
				return class.B, err
			}
			return class.C, nil
		},
		Reach: func(config map[string]any) string {
			to, _ := addresses(Call{Config: config}.text("to"))
			slices.Sort(to)
			return strings.Join(to, ", ")
		},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			output, err := write(ctx, tx, mails, call)
			return output, nil, err
		},
	}
}

func write(ctx context.Context, tx pgx.Tx, mails *mail.Mails, call Call) (any, error) {
	to, why := addresses(call.text("to"))
	subject, body := strings.TrimSpace(call.text("subject")), strings.TrimSpace(call.text("body"))
	switch {
	case why != "":
		return nil, wrongSetting("to", why, map[string]any{"max": mostAddresses})
	case len(subject) > longestSubject:
		return nil, wrongSetting("subject", "step.email.fail.long", map[string]any{"max": longestSubject})
	case len(body) > longestBody:
		return nil, wrongSetting("body", "step.email.fail.long", map[string]any{"max": longestBody})
	}
	if err := countMails(ctx, tx, call, len(to)); err != nil {
		return nil, err
	}
	var workflow, workspace string
	err := tx.QueryRow(ctx, `SELECT f.name, s.name FROM workflows f JOIN workspaces s ON s.id = f.workspace_id WHERE f.id = $1`, call.Workflow).
		Scan(&workflow, &workspace)
	if err != nil {
		return nil, fmt.Errorf("name the sender of a mail: %w", err)
	}
	for _, address := range to {
		err := mails.Queue(ctx, tx, mail.Message{Workspace: call.Workspace, Kind: mail.Workflow, To: address, Args: map[string]any{
			"subject": subject, "body": body, "workflow": workflow, "workspace": workspace}})
		if err != nil {
			return nil, err
		}
	}
	return map[string]any{"to": to, "sent": len(to)}, nil
}

// countMails refuses what is above the day's bound: a loop that mails must not make
// a nuisance of the house.
func countMails(ctx context.Context, tx pgx.Tx, call Call, n int) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO mail_days AS d (workspace_id, day, sent) VALUES ($1, ($2::timestamptz AT TIME ZONE 'UTC')::date, $3)
		ON CONFLICT (workspace_id, day) DO UPDATE SET sent = d.sent + excluded.sent WHERE d.sent + excluded.sent <= $4`,
		call.Workspace, call.Now, n, mostMailsADay)
	if err != nil {
		return fmt.Errorf("count the mails of a day: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fail.Work(nil, fail.ClassQuota, "step.email.fail.limit", "max", mostMailsADay)
	}
	return nil
}

// addresses reads what was typed, separated by commas, or a list that an
// expression gave. why is what is wrong with it.
func addresses(text string) (found []string, why string) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		parts = nil
		if json.Unmarshal([]byte(text), &parts) != nil {
			return nil, "step.email.fail.address"
		}
	}
	for _, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		address, err := netmail.ParseAddress(part)
		if err != nil || address.Name != "" || address.Address != part || strings.ContainsAny(part, " \"<>") {
			return nil, "step.email.fail.address"
		}
		if !slices.Contains(found, part) {
			found = append(found, part)
		}
	}
	switch {
	case len(found) == 0:
		return nil, "step.email.fail.address"
	case len(found) > mostAddresses:
		return nil, "step.email.fail.many"
	}
	return found, ""
}
