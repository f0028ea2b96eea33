package static

import (
	"errors"
	"testing"
	"testing/fstest"
)

func TestAnEmptyDistSaysWhatToDo(t *testing.T) {
	t.Parallel()
	if _, err := read(fstest.MapFS{".gitkeep": {}}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v", err)
	}
}

func TestAssetsAreFoundByPlainName(t *testing.T) {
	t.Parallel()
	a, err := read(fstest.MapFS{
		"manifest.json":    {Data: []byte(`{"Files":{"app.css":"app-3F2A.css","inter.woff2":"inter-9.woff2"}}`)},
		"app-3F2A.css":     {Data: []byte("body{}")},
		"inter-9.woff2":    {Data: []byte("font")},
		"not-in-list.html": {Data: []byte("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := With(t.Context(), a)
	for name, want := range map[string]string{"app.css": "/static/app-3F2A.css", "gone.js": "/static/gone.js"} {
		if got := URL(ctx, name); got != want {
			t.Errorf("URL(%s) = %s", name, got)
		}
	}
	if got := URL(t.Context(), "app.css"); got != "/static/app.css" {
		t.Errorf("without assets: %s", got)
	}
	css, ok := a.Open("app-3F2A.css")
	if !ok || css.Type != "text/css; charset=utf-8" || len(css.Gzip) == 0 {
		t.Errorf("css: %v %q, %d bytes of gzip", ok, css.Type, len(css.Gzip))
	}
	if font, ok := a.Open("inter-9.woff2"); !ok || font.Gzip != nil || font.Type != "font/woff2" {
		t.Errorf("font: %v %+v", ok, font)
	}
	for _, name := range []string{"app.css", "not-in-list.html", "manifest.json", "../static.go"} {
		if _, ok := a.Open(name); ok {
			t.Errorf("%s was served", name)
		}
	}
}

func TestAListThatNamesWhatIsGoneIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := read(fstest.MapFS{"manifest.json": {Data: []byte(`{"Files":{"app.css":"app-1.css"}}`)}}); err == nil {
		t.Error("a missing file went unnoticed")
	}
}
