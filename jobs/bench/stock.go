package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// buildStock builds kopia's own command from the version in go.mod, where the
// vault's tests keep theirs: minutes the first time, nothing later.
func buildStock(ctx context.Context, say func(format string, args ...any)) (string, error) {
	version, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/kopia/kopia").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w (run this in Levqor's folder)", err)
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
	say("building stock kopia %s, once", strings.TrimSpace(string(version)))
	fresh := bin + ".new-" + time.Now().Format("150405.000000")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "nohtmlui", "-o", fresh, "github.com/kopia/kopia")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build stock kopia: %w", err)
	}
	return bin, os.Rename(fresh, bin)
}
