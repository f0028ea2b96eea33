// Build makes static/dist from static/src: Tailwind collects the styles that views
// use, esbuild bundles and names files by their content, the icons that views name
// become one sprite. It does nothing when no source has changed.
//
//	npm ci --ignore-scripts && go run ./static/build
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	dist     = "static/dist"
	manifest = dist + "/manifest.json"
	modules  = "node_modules"
)

// list is manifest.json: what pages ask for → what is on disk, and the sum of the
// sources that it was made from.
type list struct {
	Files   map[string]string
	Sources string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run() error {
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("run it in the folder that holds go.mod")
	}
	sum, err := sourceSum()
	if err != nil {
		return err
	}
	if upToDate(sum) {
		fmt.Println("assets: nothing changed")
		return nil
	}
	work, err := os.MkdirTemp("", "levqor-assets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := tailwind(filepath.Join(work, "app.css")); err != nil {
		return err
	}
	if err := sprite(filepath.Join(work, "icons.svg")); err != nil {
		return err
	}
	made, err := bundle(work)
	if err != nil {
		return err
	}
	if err := write(made, sum); err != nil {
		return err
	}
	report(made)
	return nil
}

// tailwind runs the CLI of node_modules over app.css.
func tailwind(out string) error {
	cli := filepath.Join(modules, "@tailwindcss", "cli", "dist", "index.mjs")
	if _, err := os.Stat(cli); err != nil {
		return errors.New("node_modules is missing: run `npm ci --ignore-scripts`")
	}
	node := exec.Command("node", cli, "-i", "static/src/css/app.css", "-o", out, "--minify")
	if text, err := node.CombinedOutput(); err != nil {
		return fmt.Errorf("tailwind: %w\n%s", err, text)
	}
	return nil
}

// bundle returns the built files: name in dist/ → content, and by which name pages ask.
func bundle(work string) (built, error) {
	result := api.Build(api.BuildOptions{
		AssetNames:        "[name]-[hash]",
		Bundle:            true,
		EntryNames:        "[name]-[hash]",
		EntryPoints:       []string{filepath.Join(work, "app.css"), "static/src/js/app.js", "static/src/js/editor.js", "static/src/css/editor.css", filepath.Join(work, "icons.svg"), "static/src/img/mark.svg", "static/src/img/mark-busy.svg"},
		Format:            api.FormatESModule,
		LegalComments:     api.LegalCommentsNone,
		Loader:            map[string]api.Loader{".svg": api.LoaderCopy, ".woff2": api.LoaderFile},
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		NodePaths:         []string{modules},
		Outdir:            dist,
		Target:            api.ES2022,
	})
	if len(result.Errors) > 0 {
		return built{}, errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), ""))
	}
	made := built{files: map[string][]byte{}, names: map[string]string{}}
	for _, file := range result.OutputFiles {
		name := filepath.Base(file.Path)
		made.files[name] = file.Contents
		made.names[plainName(name)] = name
	}
	return made, nil
}

type built struct {
	files map[string][]byte
	names map[string]string
}

// plainName drops the hash, and what the fonts' own names say twice.
func plainName(name string) string {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	if i := strings.LastIndexByte(stem, '-'); i >= 0 {
		stem = stem[:i]
	}
	return strings.TrimSuffix(stem, "-wght-normal") + ext
}

// write replaces dist/ but for its .gitkeep; the manifest comes last, so that a
// build cut short is built again.
func write(made built, sum string) error {
	old, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if filepath.Base(path) != ".gitkeep" {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, body := range made.files {
		if err := os.WriteFile(filepath.Join(dist, name), body, 0o644); err != nil {
			return err
		}
	}
	body, err := json.MarshalIndent(list{Files: made.names, Sources: sum}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(manifest, append(body, '\n'), 0o644)
}
