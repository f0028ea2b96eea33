package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/services"
)

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

// breaking reads well up to a point.
type breaking struct{ good, at int }

func (b *breaking) Read(p []byte) (int, error) {
	if b.at >= b.good {
		return 0, errors.New("the vault is gone")
	}
	n := min(len(p), b.good-b.at)
	b.at += n
	return n, nil
}
func (b *breaking) Seek(int64, int) (int64, error) { return 0, nil }
func (b *breaking) Close() error                   { return nil }

var nobody = web.Grant{Actor: account.System(uuid.Nil)} // whose right nobody takes

const content = "0123456789"

// serve is a real server, since only a socket shows how a download ends.
func serve(t *testing.T) string {
	t.Helper()
	s := &web.Site{Services: &services.Services{Log: slog.New(slog.DiscardHandler)}, Stop: t.Context()}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	app.Get("/file", func(c *fiber.Ctx) error {
		return s.SendFile(c, nobody, c.Query("name", "a.txt"), `"v1"`, int64(len(content)), file{bytes.NewReader([]byte(content))})
	})
	app.Get("/breaks", func(c *fiber.Ctx) error {
		return s.SendFile(c, nobody, "a.bin", `"v1"`, 1<<20, &breaking{good: 1 << 19})
	})
	app.Get("/broken", func(c *fiber.Ctx) error { return s.SendFile(c, nobody, "a.bin", `"v1"`, 1<<20, &breaking{}) })
	app.Get("/stream", func(c *fiber.Ctx) error {
		good := c.Query("ok") != ""
		return s.Stream(c, nobody, "a.zip", func(_ context.Context, w io.Writer) error {
			if _, err := io.CopyN(w, &breaking{good: 1 << 20}, 1<<20); err != nil || good {
				return err
			}
			return errors.New("the vault is gone")
		})
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + l.Addr().String()
}

func fetch(t *testing.T, address string, header ...string) (*http.Response, string, error) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, address, nil)
	req.RequestURI = ""
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

func TestDownload(t *testing.T) {
	t.Parallel()
	base := serve(t)
	t.Run("a download that breaks off midway never looks whole", func(t *testing.T) {
		for _, path := range []string{"/breaks", "/stream"} {
			answer, body, err := fetch(t, base+path)
			if answer.StatusCode != 200 || err == nil {
				t.Errorf("%s: %d, %d bytes, ended with %v", path, answer.StatusCode, len(body), err)
			}
		}
	})
	t.Run("one that can't begin is a failure, not a download", func(t *testing.T) {
		answer, _, err := fetch(t, base+"/broken")
		if err != nil || answer.StatusCode != 500 || answer.Header.Get("Content-Disposition") != "" {
			t.Errorf("%d %v %v", answer.StatusCode, answer.Header, err)
		}
	})
	t.Run("a stream that ends well is whole", func(t *testing.T) {
		_, body, err := fetch(t, base+"/stream?ok=1")
		if err != nil || len(body) != 1<<20 {
			t.Errorf("%d bytes, %v", len(body), err)
		}
	})
	t.Run("a name in any script arrives", func(t *testing.T) {
		answer, _, _ := fetch(t, base+"/file?name=Jahresabschlu%C3%9F+%22%E6%97%A5%22%25.html")
		want := `attachment; filename="Jahresabschlu_ ____.html"; filename*=UTF-8''Jahresabschlu%C3%9F%20%22%E6%97%A5%22%25.html`
		if got := answer.Header.Get("Content-Disposition"); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		if kind := answer.Header.Get("Content-Type"); kind != "application/octet-stream" {
			t.Errorf("a page of somebody's is sent as %s", kind)
		}
	})
}

func TestRanges(t *testing.T) {
	t.Parallel()
	base := serve(t)
	for _, c := range []struct {
		asked, known string
		status       int
		body, says   string
	}{
		{"", "", 200, content, ""},
		{"bytes=0-3", "", 206, "0123", "bytes 0-3/10"},
		{"bytes=4-", "", 206, "456789", "bytes 4-9/10"},
		{"bytes=-3", "", 206, "789", "bytes 7-9/10"},
		{"bytes=-99", "", 206, content, "bytes 0-9/10"},
		{"bytes=8-99", "", 206, "89", "bytes 8-9/10"},
		{"bytes=4-", `"v1"`, 206, "456789", "bytes 4-9/10"},
		{"bytes=4-", `"v0"`, 200, content, ""},
		{"bytes=0-1,4-5", "", 200, content, ""},
		{"bytes=5-2", "", 200, content, ""},
		{"lines=1-2", "", 200, content, ""},
		{"bytes=10-", "", 416, "Requested Range Not Satisfiable", "bytes */10"},
		{"bytes=-0", "", 416, "Requested Range Not Satisfiable", "bytes */10"},
	} {
		answer, body, err := fetch(t, base+"/file", "Range", c.asked, "If-Range", c.known)
		if err != nil || answer.StatusCode != c.status || body != c.body || answer.Header.Get("Content-Range") != c.says {
			t.Errorf("%q, %q: %d %q %q %v", c.asked, c.known, answer.StatusCode, body, answer.Header.Get("Content-Range"), err)
		}
	}
}
