package services

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"levqor/jobs/db"
	"levqor/jobs/scratch"
)

// OwnTemp gives this process, and every program it starts, a folder for
// temporary files below the data folder, and removes those of processes that
// were killed. What leave can't remove, the next start does.
func OwnTemp(ctx context.Context, dataDir string) (leave func(), err error) {
	if err := os.MkdirAll(dataDir, 0o755); err != nil {
		return nil, fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	root := filepath.Join(dataDir, "temp")
	if err := scratch.Sweep(ctx, root); err != nil {
		return nil, fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	space, err := scratch.Open(root, db.NewID().String())
	if err != nil {
		return nil, fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	return func() { _ = space.Remove() }, os.Setenv("TMPDIR", space.Dir)
}
