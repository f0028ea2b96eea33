package source_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
)

//go:embed testdata/odd_tree.sh
var oddTree string

// TestAnOddTreeComesBackAsItWas holds a restore against its source as rsync does,
// with hard links, access lists and attributes.
func TestAnOddTreeComesBackAsItWas(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("owners and devices are for root")
	}
	h := drilltest.NewHouse(t)
	dir, to := filepath.Join(h.Root, "odd"), filepath.Join(h.Root, "back")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "sh", "-ec", oddTree, "odd_tree", attributes(t, h.Root))
	id, _ := create(t, h, source.Input{Name: "odd", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: dir}}})
	from := stored(t, h, id)
	if len(from.Truth.Notes) != 1 || from.Truth.Notes[0].Key != "source.note.own_name" {
		t.Errorf("left out are %+v", from.Truth.Notes)
	}
	done, err := restore(t, h, from, source.Target{Folder: to})
	if err != nil || len(done.Notes) != 0 {
		t.Fatalf("%+v, %v", done.Notes, err)
	}
	if differs := run(t, h.Root, "rsync", "-aHAXn", "--delete", "--checksum", "--itemize-changes", "--exclude", "/.levqor-files.jsonl", dir+"/", to+"/"); differs != "" {
		t.Errorf("rsync would change:\n%s", differs)
	}
	if room := strings.Fields(run(t, h.Root, "du", "-k", filepath.Join(to, "sparse")))[0]; len(room) > 4 {
		t.Errorf("300 MB of holes take %s KB", room)
	}
	t.Run("and is proven", func(t *testing.T) {
		for _, c := range prove(t, h, from).Checks {
			if !c.OK {
				t.Errorf("%+v", c)
			}
		}
	})
	t.Run("and in parts", func(t *testing.T) {
		some := filepath.Join(h.Root, "some")
		if _, err := restore(t, h, from, source.Target{Folder: some, Paths: []string{"hl", "ro"}}); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"hl", "ro"} {
			if differs := run(t, h.Root, "rsync", "-aHAXn", "--delete", "--itemize-changes", filepath.Join(dir, part), some+"/"); differs != "" {
				t.Errorf("rsync would change:\n%s", differs)
			}
		}
	})
}

// attributes is what the script takes: nothing where the disk has none.
func attributes(t *testing.T, dir string) string {
	t.Helper()
	probe := filepath.Join(dir, "probe")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(probe)
	if exec.CommandContext(t.Context(), "setfattr", "-n", "user.probe", "-v", "x", probe).Run() != nil {
		t.Log("the disk keeps no extended attributes: not tried here")
		return ""
	}
	return "all"
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func prove(t *testing.T, h *drilltest.House, from source.Stored) source.Proven {
	t.Helper()
	log := func(context.Context, string, ...any) error { return nil }
	found, err := h.Sources.Engine(from.Truth.Kind).Prove(t.Context(), from, source.Scratch{Dir: t.TempDir()}, nil, h.Clock.Now(), &source.Meter{}, log)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestObjectsComeBackWithTheirHeaders into the root of an empty bucket, under
// their own keys.
func TestObjectsComeBackWithTheirHeaders(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b, to := drilltest.NewBucket(t), drilltest.NewBucket(t)
	objects := map[string]map[string]string{
		"index.html": {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "max-age=60", "X-Amz-Meta-Owner": "ann"},
		"logo.svg":   {"Content-Type": "image/svg+xml"},
		"page.js.gz": {"Content-Type": "text/javascript", "Content-Encoding": "gzip", "Content-Language": "de", "Content-Disposition": `attachment; filename="p.js"`},
		"old":        {"Content-Type": "text/plain", "Expires": "Thu, 01 Dec 1994 16:00:00 GMT", "X-Amz-Tagging": "team=shop&paid=yes", "X-Amz-Storage-Class": "STANDARD_IA"},
	}
	for key, headers := range objects {
		b.PutWith(t, key, key, headers)
	}
	id, _ := create(t, h, source.Input{Name: "site", Kind: source.S3, Config: source.Config{Bucket: b.Source("")}, Secret: "x"})
	plan := h.Plan(id)
	h.Backup(plan)
	from := storedBy(t, h, plan) // the second is of unchanged objects, which nobody reads
	target := to.Source("")
	target.SecretKey = "x"
	done, err := restore(t, h, from, source.Target{Bucket: target})
	if err != nil || len(done.Notes) != 0 || done.Files != int64(len(objects)) {
		t.Fatalf("%+v, %v", done, err)
	}
	for key, headers := range objects {
		got := to.Headers(t, key)
		for name, want := range headers {
			if name == "X-Amz-Tagging" {
				name, want = "X-Amz-Tagging-Count", "2"
			}
			if got.Get(name) != want {
				t.Errorf("%s: %s is %q, was %q", key, name, got.Get(name), want)
			}
		}
	}
	t.Run("and a bucket that loses them on the way is found out", func(t *testing.T) {
		lossy := drilltest.NewBucket(t)
		lossy.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			w.Header().Set("ETag", `"d41d8cd98f00b204e9800998ecf8427e"`)
			w.WriteHeader(http.StatusOK) // and nothing is kept
			return true
		})
		target := lossy.Source("")
		target.SecretKey = "x"
		_, err := restore(t, h, from, source.Target{Bucket: target})
		wants(t, err, fail.ClassDamaged, "source.fail.object_not_kept")
	})
}

// TestOddKeysAreProven though no disk holds a file of their names.
func TestOddKeysAreProven(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b := drilltest.NewBucket(t)
	long := "s/" + strings.Repeat("s", 300)
	deep := strings.Repeat("d/", 500) + "file"
	var keys []string
	if err := json.Unmarshal([]byte(oddKeys), &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range append(keys, long, deep) {
		b.Put(t, key, key)
	}
	id, _ := create(t, h, source.Input{Name: "odd keys", Kind: source.S3, Config: source.Config{Bucket: b.Source("")}, Secret: "x"})
	from := stored(t, h, id)
	if want := int64(len(keys) + 2); from.Truth.Files != want {
		t.Errorf("%d of %d keys", from.Truth.Files, want)
	}
	for _, c := range prove(t, h, from).Checks {
		if !c.OK || c.Name == "content" && c.Good != len(keys)+2 {
			t.Errorf("%+v", c)
		}
	}
}

const oddKeys = `["a", "a/b", "a/%%", "a/%b/", "trail/", "%", "%d", "plus+sign", "sp ace", "😀", "back\\slash", "UPPER", "upper", "?query", "#frag", "tab\tx", "NFC caf\u00e9", "NFC cafe\u0301"]`

// TestFailuresOfABucketNameWhatTheyAreAbout: the object, or the region.
func TestFailuresOfABucketNameWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status             int
		code, message      string
		key, arg, argument string
	}{
		"denied":    {http.StatusForbidden, "AccessDenied", "", "source.fail.object_denied", "key", "one/key"},
		"archived":  {http.StatusForbidden, "InvalidObjectState", "", "source.fail.object_archived", "key", "one/key"},
		"encrypted": {http.StatusBadRequest, "InvalidRequest", "The object was stored using a form of Server Side Encryption.", "source.fail.object_encrypted", "key", "one/key"},
		"unknown":   {http.StatusTeapot, "Whatever", "", "source.fail.object_refused", "key", "one/key"},
		"region":    {http.StatusMovedPermanently, "PermanentRedirect", "", "source.fail.bucket_region_named", "region", "eu-west-9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := drilltest.NewHouse(t)
			b := drilltest.NewBucket(t)
			b.Put(t, "one/key", "x")
			b.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
				if listing := r.URL.Query().Has("list-type"); listing != (c.arg == "region") {
					return false
				}
				w.Header().Set("x-amz-bucket-region", "eu-west-9")
				drilltest.RefuseWith(w, c.status, c.code, c.message)
				return true
			})
			id, _ := create(t, h, source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: b.Source("")}, Secret: "x"})
			backup, err := h.Backups.Start(t.Context(), h.Actor, h.Plan(id))
			if err != nil {
				t.Fatal(err)
			}
			_ = h.Backups.Perform(t.Context(), backup)
			if failed := h.Task(backup); failed.FailureKey != c.key || failed.FailureArgs[c.arg] != c.argument {
				t.Errorf("%s %v", failed.FailureKey, failed.FailureArgs)
			}
		})
	}
}
