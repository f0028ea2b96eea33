package tree

import (
	"io/fs"
	"syscall"
)

// inode tells the names of one file from those of another.
type inode struct{ device, number uint64 }

// inodeOf also says whether the file has several names.
func inodeOf(info fs.FileInfo) (id inode, several bool) {
	if info == nil {
		return id, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return id, false
	}
	return inode{st.Dev, st.Ino}, st.Nlink > 1
}

// special is nil for what can't be made again, such as a socket.
func special(info fs.FileInfo) (kind string, s *Special) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", nil
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFIFO:
		kind = TypePipe
	case syscall.S_IFCHR:
		kind = TypeChar
	case syscall.S_IFBLK:
		kind = TypeBlock
	default:
		return "", nil
	}
	return kind, &Special{Mode: st.Mode & 0o7777, User: st.Uid, Group: st.Gid, Device: st.Rdev}
}
