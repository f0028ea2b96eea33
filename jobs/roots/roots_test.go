package roots_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/roots"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root, other := filepath.Join(base, "root"), filepath.Join(base, "root-2")
	err = errors.Join(os.MkdirAll(filepath.Join(root, "in", "deep"), 0o755), os.MkdirAll(other, 0o755),
		os.Symlink(other, filepath.Join(root, "out")), os.Symlink("in", filepath.Join(root, "inside")),
		os.Symlink("/nowhere", filepath.Join(root, "broken")), os.Symlink("loop", filepath.Join(root, "loop")),
		os.Symlink(root, filepath.Join(base, "alias")))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{ // relative to the root; "" is refused
		"":                   root,
		"/":                  root,
		"/in/deep":           root + "/in/deep",
		"/not/there/yet":     root + "/not/there/yet",
		"/inside/deep":       root + "/in/deep",
		"/inside/../in":      root + "/in",
		"/../alias/in":       root + "/in",
		"/..":                "",
		"/../root-2":         "",
		"-2":                 "",
		"/in/../../root-2":   "",
		"/out":               "",
		"/out/new":           "",
		"/inside/../../etc":  "",
		"/broken":            "",
		"/broken/new":        "",
		"/loop":              "",
		"/loop/x":            "",
		"/in/zero\x00byte":   "",
		"/in/deep/../../../": "",
	} {
		got, err := roots.Roots{root}.Resolve(root + path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q leads to %q, %v; want %q", path, got, err, want)
		}
		if want == "" && fail.ClassOf(err) != fail.ClassConfig {
			t.Errorf("%q: %v has no class that a person can mend", path, err)
		}
	}
	for name, tt := range map[string]struct {
		roots roots.Roots
		path  string
	}{
		"no root":          {nil, root},
		"a relative path":  {roots.Roots{root}, "in"},
		"nothing":          {roots.Roots{root}, ""},
		"a root not there": {roots.Roots{filepath.Join(base, "absent")}, filepath.Join(base, "absent", "x")},
	} {
		if got, err := tt.roots.Resolve(tt.path); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}
