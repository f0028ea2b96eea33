package secret_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"levqor/jobs/secret"
)

func TestBox(t *testing.T) {
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := box.Seal([]byte("hunter2"), "sources/1")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), "hunter2") {
		t.Fatal("the sealed form shows the secret")
	}
	t.Run("does not open in another place", func(t *testing.T) {
		if _, err := box.Open(sealed, "sources/2"); err == nil {
			t.Fatal("opened")
		}
	})
	t.Run("does not open with another key", func(t *testing.T) {
		other, _ := secret.NewKeyset()
		otherBox, err := secret.NewBox(other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := otherBox.Open(sealed, "sources/1"); err == nil {
			t.Fatal("opened")
		}
	})
	t.Run("opens in its place", func(t *testing.T) {
		plain, err := box.Open(sealed, "sources/1")
		if err != nil || string(plain) != "hunter2" {
			t.Fatalf("got %q, %v", plain, err)
		}
	})
	t.Run("refuses what is not a keyset without repeating it", func(t *testing.T) {
		if _, err := secret.NewBox("hunter2"); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("got %v", err)
		}
	})
}

func TestEnsureFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	first, err := secret.EnsureFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := secret.EnsureFile(path)
	if err != nil || again != first {
		t.Fatal("a second start made another key")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}

func TestTextIsMasked(t *testing.T) {
	text := secret.Text("hunter2")
	encoded, err := json.Marshal(map[string]any{"password": text})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", text, text, text, text), string(encoded)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("shown: %s", shown)
		}
	}
	if text.Reveal() != "hunter2" {
		t.Error("Reveal must give the words")
	}
}
