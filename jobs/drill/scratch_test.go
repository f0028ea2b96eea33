package drill

import (
	"os"
	"path/filepath"
	"testing"

	"levqor/jobs/db"
	"levqor/jobs/task"
)

func TestScratch(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "scratch")
	d := &Drills{scratchRoot: root}
	if err := d.SweepScratch(t.Context()); err != nil {
		t.Fatal(err)
	}
	living, err := openScratch(root, task.Task{ID: db.NewID(), Epoch: 1})
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(root, "dead-1")
	if err := os.MkdirAll(filepath.Join(dead, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.SweepScratch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Fatal("what a killed worker left is still there")
	}
	if _, err := os.Stat(living.dir); err != nil {
		t.Fatal("the folder of a living drill is gone")
	}
	if err := living.remove(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(root); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}
