package settings

import (
	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/views/layout"
	"levqor/views/parts"
)

// WorkspacePage is the workspace that the person looks at, and their others.
type WorkspacePage struct {
	Base
	Input    account.WorkspaceInput
	All      []account.Workspace
	Current  uuid.UUID
	Problems parts.Problems
}

// NewWorkspacePage makes one more, or the first.
type NewWorkspacePage struct {
	Sheet     layout.Sheet
	Input     account.WorkspaceInput
	Email     string
	HasOthers bool
	Problems  parts.Problems
}
