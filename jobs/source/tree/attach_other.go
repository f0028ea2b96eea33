//go:build !linux

package tree

import (
	"errors"
	"maps"
	"os"
	"slices"
)

func (a *Attaching) special(*os.Root, string, File) error { return errors.ErrUnsupported }

func setFar(*os.Root, string, int64) error { return errors.ErrUnsupported }

func setAttributes(_ *os.Root, _ string, attrs map[string][]byte) []string {
	return slices.Sorted(maps.Keys(attrs))
}
