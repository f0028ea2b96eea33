package services

import (
	"context"

	"levqor/jobs/account"
)

// Release ends the quarantine. Needs staff with a fresh sign-in, or the command
// line. Conflict when there is none.
func (s *Services) Release(ctx context.Context, actor account.Actor) error {
	return s.Recovery.Release(ctx, actor, s.Workflows.SkipMissed)
}
