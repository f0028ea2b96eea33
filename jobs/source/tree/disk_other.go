//go:build !linux

package tree

import "io/fs"

type inode struct{}

func inodeOf(fs.FileInfo) (inode, bool) { return inode{}, false }

func special(fs.FileInfo) (string, *Special) { return "", nil }
