//go:build !linux

package postgres

import "os"

func widen(*os.File) bool { return false }
