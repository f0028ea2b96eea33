package kopia

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// stockCLI builds kopia's own command from the version in go.mod, once per
// machine: minutes the first time, nothing later.
var stockCLI = sync.OnceValues(func() (string, error) {
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/kopia/kopia").Output()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "levqor-test", strings.TrimSpace(string(version))+"-"+runtime.GOOS+"-"+runtime.GOARCH)
	bin := filepath.Join(dir, "kopia")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	fresh := bin + ".new-" + time.Now().Format("150405.000000")
	build := exec.Command("go", "build", "-tags", "nohtmlui", "-o", fresh, "github.com/kopia/kopia")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", err
	}
	return bin, os.Rename(fresh, bin)
})

// TestTheStockCLIRestores is the promise that a vault needs no Levqor: the
// commands of the recovery kit, typed as they stand, give everything back.
func TestTheStockCLIRestores(t *testing.T) {
	t.Parallel()
	bin, err := stockCLI()
	if err != nil {
		t.Fatal(err)
	}
	everywhere(t, func(t *testing.T, loc Location) {
		if loc.Kind == Filesystem {
			loc.Path += " of o'brien"
		}
		src := t.TempDir()
		put(t, src, "Zażółć/日本 語.txt", []byte("hello"))
		put(t, src, "empty", nil)
		put(t, src, "large", noiseBytes(3, 3<<20))
		if err := os.Symlink("Zażółć/日本 語.txt", filepath.Join(src, "link")); err != nil {
			t.Fatal(err)
		}
		r := vault(t, loc, Options{})
		res := write(t, r, func(ctx context.Context, w *Writer) error {
			if _, err := w.Stream(ctx, "db/dump.sql", noon, noise(9, 2<<20)); err != nil {
				return err
			}
			return w.Folder(ctx, "tree", src, FolderOptions{})
		})
		home := t.TempDir()
		said := ""
		for _, line := range Commands(loc, key("vault")) {
			said += shell(t, bin, home, strings.ReplaceAll(line, "SNAPSHOT-ID", res.ManifestID))
		}
		if !strings.Contains(said, "src-1") {
			t.Errorf("the snapshot is not listed:\n%s", said)
		}
		same(t, picture(t, src), picture(t, filepath.Join(home, "restored", "tree")))
		dump, err := os.ReadFile(filepath.Join(home, "restored", "db", "dump.sql"))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, noiseBytes(9, 2<<20), dump)
	})
}

func shell(t *testing.T, bin, home, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=",
		"PATH="+filepath.Dir(bin)+":"+os.Getenv("PATH"), "KOPIA_CHECK_FOR_UPDATES=false")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}
