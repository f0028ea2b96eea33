package drill

import (
	"context"
	"fmt"

	"levqor/jobs/scratch"
	"levqor/jobs/task"
)

// openScratch makes the folder of one attempt of a drill.
func openScratch(root string, t task.Task) (*scratch.Space, error) {
	space, err := scratch.Open(root, fmt.Sprintf("%s-%d", t.ID, t.Epoch))
	if err != nil {
		return nil, noScratch(err, root)
	}
	return space, nil
}

func noScratch(err error, root string) error { return scratch.Full(err, "drill.fail.no_scratch", root) }

// SweepScratch removes what killed workers left on this machine. It is for the
// start of a worker, and for now and then.
func (d *Drills) SweepScratch(ctx context.Context) error { return scratch.Sweep(ctx, d.scratchRoot) }
