package migrations

import (
	"fmt"
	"strconv"
	"strings"
)

// Newest is the version of this build's schema.
func Newest() (newest int64, err error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	for _, entry := range entries {
		number, _, _ := strings.Cut(entry.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migrations: %s has no number", entry.Name())
		}
		newest = max(newest, version)
	}
	return newest, nil
}
