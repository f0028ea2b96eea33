package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// sameFile compares two files byte by byte.
func sameFile(a, b string) error {
	left, err := os.Open(a)
	if err != nil {
		return err
	}
	defer left.Close()
	right, err := os.Open(b)
	if err != nil {
		return err
	}
	defer right.Close()
	x, y := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, errA := io.ReadFull(left, x)
		m, errB := io.ReadFull(right, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return fmt.Errorf("%s was not restored as it was", a)
		}
		if errA != nil || errB != nil {
			return errors.Join(unlessEnd(errA), unlessEnd(errB))
		}
	}
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sameTree compares every file, link, mode and time of two trees.
func sameTree(was, is string) error {
	seen := 0
	err := filepath.WalkDir(was, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == was {
			return err
		}
		seen++
		rel, err := filepath.Rel(was, name)
		if err != nil {
			return err
		}
		return sameEntry(name, filepath.Join(is, rel))
	})
	if err != nil {
		return err
	}
	return filepath.WalkDir(is, func(name string, _ fs.DirEntry, err error) error {
		if seen--; err == nil && seen < -1 {
			err = fmt.Errorf("%s and perhaps more was not there before", name)
		}
		return err
	})
}

func sameEntry(was, is string) error {
	a, err := os.Lstat(was)
	if err != nil {
		return err
	}
	b, err := os.Lstat(is)
	if err != nil {
		return err
	}
	if a.Mode() != b.Mode() {
		return fmt.Errorf("%s: mode %v became %v", was, a.Mode(), b.Mode())
	}
	switch {
	case a.Mode().IsRegular():
		if !a.ModTime().Equal(b.ModTime()) {
			return fmt.Errorf("%s: time %v became %v", was, a.ModTime(), b.ModTime())
		}
		return sameFile(was, is)
	case a.Mode()&fs.ModeSymlink != 0:
		x, errX := os.Readlink(was)
		y, errY := os.Readlink(is)
		if err := errors.Join(errX, errY); err != nil || x == y {
			return err
		}
		return fmt.Errorf("%s: link to %s became one to %s", was, x, y)
	}
	return nil
}
