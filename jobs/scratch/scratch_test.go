package scratch_test

import (
	"os"
	"path/filepath"
	"testing"

	"levqor/jobs/scratch"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "scratch")
	if err := scratch.Sweep(t.Context(), root); err != nil {
		t.Fatalf("where nothing is: %v", err)
	}
	living, err := scratch.Open(root, "living")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scratch.Open(root, "living"); err == nil {
		t.Error("two spaces share a folder")
	}
	dead := filepath.Join(root, "dead")
	if err := os.MkdirAll(filepath.Join(dead, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := scratch.Sweep(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Error("what a killed process left is still there")
	}
	if _, err := os.Stat(living.Dir); err != nil {
		t.Error("the folder of a living process is gone")
	}
	if err := living.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(root); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
