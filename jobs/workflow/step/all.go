package step

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/assist"
	"levqor/jobs/backup"
	"levqor/jobs/credential"
	"levqor/jobs/dial"
	"levqor/jobs/drill"
	"levqor/jobs/mail"
	"levqor/jobs/restore"
)

// Deps is what the kinds of steps work with.
type Deps struct {
	Accounts    *account.Accounts
	Alerts      *alert.Alerts
	Assist      *assist.Assist
	Backups     *backup.Backups
	BaseURL     string // how others reach the web process
	Credentials *credential.Credentials
	Drills      *drill.Drills
	Guard       dial.Guard
	Mails       *mail.Mails
	Restores    *restore.Restores
	StartRun    StartRun
}

// StartRun starts the live version of a workflow below the run of call, when tx commits.
type StartRun func(ctx context.Context, tx pgx.Tx, call Call, workflow uuid.UUID, input any) (id uuid.UUID, number int64, err error)

// All is every kind of step.
func All(d Deps) []*Spec {
	return append(Steering(),
		AI(d.Assist),
		ApplyRetention(d.Backups),
		Backup(d.Backups),
		CallbackAddress(d.BaseURL),
		Delay(),
		Drill(d.Drills),
		Email(d.Mails, d.Accounts),
		HTTPRequest(d.Guard, d.Credentials),
		Hold(d.Backups),
		Log(),
		Notify(d.Alerts),
		Respond(),
		Restore(d.Restores, d.Backups),
		RunWorkflow(d.StartRun),
		Store(),
		Transform(),
		UndoPoint(d.Backups),
		WaitForApproval(),
		WaitForWebhook(d.BaseURL),
	)
}
