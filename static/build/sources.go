package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sources lists every file that the assets are made from, sorted.
func sources() ([]string, error) {
	found := []string{"package-lock.json"}
	for _, root := range []string{"app", "jobs/workflow/step", "static/build", "static/src", "views"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil && os.IsNotExist(err) && path == root {
				return fs.SkipAll
			}
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			if !entry.IsDir() && counts(path) {
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list sources: %w", err)
		}
	}
	slices.Sort(found)
	return found, nil
}

func counts(path string) bool {
	return !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go")
}

// sourceSum changes with any source.
func sourceSum() (string, error) {
	paths, err := sources()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n", path, len(body))
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// upToDate reports whether dist/ was made from these sources and is all there.
func upToDate(sum string) bool {
	body, err := os.ReadFile(manifest)
	if err != nil {
		return false
	}
	var made list
	if json.Unmarshal(body, &made) != nil || made.Sources != sum {
		return false
	}
	for _, name := range made.Files {
		if _, err := os.Stat(filepath.Join(dist, name)); err != nil {
			return false
		}
	}
	return true
}

// report prints what a browser will fetch, as it travels.
func report(made built) {
	names := make([]string, 0, len(made.names))
	for name := range made.names {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		body := made.files[made.names[name]]
		fmt.Printf("assets: %-28s %7d bytes, %6d gzip\n", name, len(body), zipped(body))
	}
}

func zipped(body []byte) int {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Len()
}
