package tree

import (
	"errors"
	"io"
)

// Change says what became of a file.
type Change string

const (
	Added   Change = "added"
	Altered Change = "changed"
	Removed Change = "removed"
	Same    Change = "same"
)

// Sum counts files and their bytes; of removed ones, what they had.
type Sum struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

func (s *Sum) add(f File) {
	s.Files++
	s.Bytes += f.Size
}

// Since is how many files of a list are new, other than, or as in the list before.
type Since struct {
	Added   Sum `json:"added"`
	Changed Sum `json:"changed"`
	Removed Sum `json:"removed"`
	Same    Sum `json:"same"`
}

// Add counts one file.
func (s *Since) Add(c Change, f File) {
	switch c {
	case Added:
		s.Added.add(f)
	case Altered:
		s.Changed.add(f)
	case Removed:
		s.Removed.add(f)
	default:
		s.Same.add(f)
	}
}

// compare holds two lines of one path against each other. Without both hashes
// size and time decide, as they do for a backup.
func compare(before, now File) Change {
	same := before.Size == now.Size && before.Modified == now.Modified
	if before.Hash != "" && now.Hash != "" {
		same = before.Hash == now.Hash
	}
	if same {
		return Same
	}
	return Altered
}

// Diff reads two lists side by side and tells of each file in the order of paths,
// holding no more than a line of each. before is the zero File for an added one,
// now for a removed one.
func Diff(before, now io.Reader, tell func(c Change, before, now File) error) error {
	old, err := files(before)
	if err != nil {
		return err
	}
	fresh, err := files(now)
	if err != nil {
		return err
	}
	for old.more || fresh.more {
		switch {
		case !old.more || fresh.more && fresh.file.Path < old.file.Path:
			err = errors.Join(tell(Added, File{}, fresh.file), fresh.next())
		case !fresh.more || old.file.Path < fresh.file.Path:
			err = errors.Join(tell(Removed, old.file, File{}), old.next())
		default:
			err = errors.Join(tell(compare(old.file, fresh.file), old.file, fresh.file), old.next(), fresh.next())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
