// Package static holds what browsers fetch besides pages: style, scripts, fonts,
// icons. `make assets` builds them from src/ into dist/ under names that carry a
// hash of their content, so a browser may keep each one for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

const (
	// Prefix is where assets are served.
	Prefix = "/static/"
	// CacheControl suits every asset: its name changes with its content.
	CacheControl = "public, max-age=31536000, immutable"
)

// ErrNotBuilt means that dist/ is empty.
var ErrNotBuilt = errors.New("the front-end assets are not built: run `make assets`, then build again")

// Asset is one file, ready to send. Gzip is nil for what is compressed already.
type Asset struct {
	Body []byte
	Gzip []byte
	Type string // for Content-Type
}

// Assets are the built files by the name that a browser asks for.
type Assets struct {
	files map[string]Asset
	names map[string]string // "app.css" → "app-3F2A.css"
}

// New reads the embedded assets; ErrNotBuilt when there are none.
func New() (*Assets, error) {
	folder, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open assets: %w", err)
	}
	return read(folder)
}

func read(folder fs.FS) (*Assets, error) {
	list, err := fs.ReadFile(folder, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read asset list: %w", err)
	}
	var manifest struct{ Files map[string]string }
	if err := json.Unmarshal(list, &manifest); err != nil {
		return nil, fmt.Errorf("read asset list: %w", err)
	}
	a := &Assets{files: map[string]Asset{}, names: manifest.Files}
	for _, name := range manifest.Files {
		body, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		asset := Asset{Body: body, Type: typeOf(name)}
		if !strings.HasSuffix(name, ".woff2") {
			asset.Gzip = compress(body)
		}
		a.files[name] = asset
	}
	return a, nil
}

// Open finds an asset by its name below Prefix.
func (a *Assets) Open(name string) (Asset, bool) {
	asset, ok := a.files[name]
	return asset, ok
}

// URL is the address of "app.css" and the like; a name that was not built keeps
// its plain address, which answers 404.
func (a *Assets) URL(name string) string {
	if built, ok := a.names[name]; ok {
		return Prefix + built
	}
	return Prefix + name
}

type contextKey struct{}

// With lets views under ctx find their assets.
func With(ctx context.Context, a *Assets) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// URL is Assets.URL for the assets of ctx; without them the plain address.
func URL(ctx context.Context, name string) string {
	if a, ok := ctx.Value(contextKey{}).(*Assets); ok {
		return a.URL(name)
	}
	return Prefix + name
}

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	default:
		return mime.TypeByExtension(path.Ext(name))
	}
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	// Neither can fail: the level exists and a buffer takes every write.
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}
