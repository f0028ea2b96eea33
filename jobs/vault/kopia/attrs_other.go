//go:build !linux

package kopia

import "os"

func attributes(*os.File, string) (map[string][]byte, []string) { return nil, nil }
