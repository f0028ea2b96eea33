// Package roots keeps customers' folders on this machine inside those that its
// operator allowed with LEVQOR_FOLDER_ROOTS.
package roots

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"levqor/jobs/fail"
)

// Roots are absolute folders. Without any, no folder of this machine may be used.
type Roots []string

// Resolve follows every link in path and returns the real folder, which need not
// exist yet. It is asked again whenever work begins: links may have changed.
// Failures are of class config: folder.fail.not_absolute, .none_allowed, .outside
// (with the allowed roots).
func (r Roots) Resolve(path string) (string, error) {
	if len(r) == 0 {
		return "", fail.Work(nil, fail.ClassConfig, "folder.fail.none_allowed")
	}
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return "", fail.Work(nil, fail.ClassConfig, "folder.fail.not_absolute", "path", strings.ToValidUTF8(path, "�"))
	}
	real, err := realPath(filepath.Clean(path))
	if err == nil {
		for _, root := range r {
			realRoot, rootErr := filepath.EvalSymlinks(root)
			if rootErr == nil && Inside(realRoot, real) {
				return real, nil
			}
		}
	}
	return "", fail.Work(err, fail.ClassConfig, "folder.fail.outside", "path", path, "roots", r.String())
}

// Check is Resolve for a form: what is wrong becomes the field's error.
func (r Roots) Check(form *fail.Form, field, path string) string {
	real, err := r.Resolve(path)
	if f, ok := errors.AsType[*fail.Error](err); ok {
		pairs := []any{}
		for _, name := range slices.Sorted(maps.Keys(f.Args)) {
			pairs = append(pairs, name, f.Args[name])
		}
		form.Add(field, strings.Replace(f.Key, ".fail.", ".field.", 1), pairs...)
	}
	return real
}

// String names the roots for people.
func (r Roots) String() string { return strings.Join(r, ", ") }

// Inside reports whether path is root or lies in it; both are real paths.
func Inside(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// realPath follows the links of the part that exists.
func realPath(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || path == "/" {
		return real, err
	}
	if _, statErr := os.Lstat(path); statErr == nil {
		return "", err // a link to nowhere: later it could lead anywhere
	}
	parent, err := realPath(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}
