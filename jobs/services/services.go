// Package services is the map of the house: every dependency, made once, for the
// web process and the workers alike.
package services

import (
	"context"
	"log/slog"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/backup"
	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/drill"
	"levqor/jobs/live"
	"levqor/jobs/mail"
	"levqor/jobs/overview"
	"levqor/jobs/queue"
	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Services is what a process of Levqor works with.
type Services struct {
	Config config.Config
	Clock  *clock.Clock
	DB     *db.DB
	Live   *live.Hub
	Log    *slog.Logger
	Queue  *queue.Queue
	Tasks  *task.Tasks

	Accounts *account.Accounts
	Alerts   *alert.Alerts
	Backups  *backup.Backups
	Drills   *drill.Drills
	Mails    *mail.Mails
	Overview *overview.Overview
	Restores *restore.Restores
	Sources  *source.Sources
	Vaults   *vault.Vaults
}
