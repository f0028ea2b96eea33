package tree_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"levqor/jobs/source/tree"
)

func list(t *testing.T, files ...tree.File) string {
	t.Helper()
	var out strings.Builder
	if _, err := tree.Write(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDiff(t *testing.T) {
	t.Parallel()
	before := list(t,
		tree.File{Path: "a", Size: 1, Hash: "1"}, tree.File{Path: "b", Size: 2, Hash: "2"}, tree.File{Path: "b.d", Type: tree.TypeDir},
		tree.File{Path: "c", Size: 3, Modified: 1}, tree.File{Path: "d", Size: 4, Hash: "4", Modified: 1}, tree.File{Path: "e", Size: 5})
	now := list(t,
		tree.File{Path: "b", Size: 2, Hash: "x"}, tree.File{Path: "b.d", Type: tree.TypeDir}, tree.File{Path: "c", Size: 3, Modified: 2},
		tree.File{Path: "d", Size: 4, Hash: "4", Modified: 2}, tree.File{Path: "e", Size: 5}, tree.File{Path: "f", Size: 6})
	var told []string
	since := tree.Since{}
	err := tree.Diff(strings.NewReader(before), strings.NewReader(now), func(c tree.Change, old, fresh tree.File) error {
		told = append(told, fmt.Sprintf("%s %s%s", c, fresh.Path, map[bool]string{true: old.Path}[c == tree.Removed]))
		since.Add(c, max2(old, fresh))
		return nil
	})
	want := []string{
		"removed a",
		"changed b", // other content of the same size
		"changed c", // no hashes: its time says so
		"same d",    // touched, with the same content
		"same e", "added f",
	}
	if err != nil || !slices.Equal(told, want) {
		t.Errorf("%v %v", told, err)
	}
	if since != (tree.Since{Added: tree.Sum{Files: 1, Bytes: 6}, Changed: tree.Sum{Files: 2, Bytes: 5}, Removed: tree.Sum{Files: 1, Bytes: 1}, Same: tree.Sum{Files: 2, Bytes: 9}}) {
		t.Errorf("%+v", since)
	}
}

func max2(a, b tree.File) tree.File {
	if b.Path == "" {
		return a
	}
	return b
}

func TestDiffOfAListThatIsNone(t *testing.T) {
	t.Parallel()
	err := tree.Diff(strings.NewReader("{}\n{"), strings.NewReader(""), func(tree.Change, tree.File, tree.File) error { return nil })
	if err == nil {
		t.Error("a list that breaks off was taken for whole")
	}
}
