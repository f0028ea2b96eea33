package bucket

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"levqor/jobs/fail"
)

func TestEndlessNoticesCircles(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 2, 3, 1000, 4097} {
		var e endless
		told := 0
		for ; e.check(fmt.Sprint(told%length)) == nil; told++ {
			if told > 6*length+10 {
				t.Fatalf("a circle of %d goes on", length)
			}
		}
	}
	var e endless
	for i := range 100_000 {
		if err := e.check(fmt.Sprint(i)); err != nil {
			t.Fatalf("no circle at %d: %v", i, err)
		}
	}
}

const (
	hostileEnv = "LEVQOR_TEST_HOSTILE_BUCKET"
	mostMemory = 160 << 10 // KB: about 100 MB over what the process takes anyway
)

// TestHostileBuckets: stores whose listing has no end. Each is listed in a process
// of its own, whose memory is measured.
func TestHostileBuckets(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(hostileEnv); name != "" {
		meet(t, hostile[name])
		return
	}
	for name := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestHostileBuckets$", "-test.v", "-test.timeout=2m")
			cmd.Env = append(os.Environ(), hostileEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestHostileBuckets") {
				t.Fatalf("%v: %s", err, out)
			}
			if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > mostMemory {
				t.Errorf("it took %d MB", used>>10)
			}
		})
	}
}

func meet(t *testing.T, answer http.HandlerFunc) {
	server := httptest.NewServer(answer)
	defer server.Close()
	b, err := Open(Config{Endpoint: server.URL, Bucket: "shop", Region: "us-east-1", AccessKey: "a", SecretKey: "b"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	err = nil
	for _, listErr := range b.List(context.Background()) {
		err = listErr
	}
	if fail.ClassOf(err) != fail.ClassConfig {
		t.Errorf("it ends with %v", err)
	}
}

var hostile = map[string]http.HandlerFunc{
	"the same page for ever": func(w http.ResponseWriter, _ *http.Request) { page(w, "token", 0, 1000) },
	"one page for ever": func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><IsTruncated>false</IsTruncated>`)
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, `<Contents><Key>%d</Key><Size>1</Size></Contents>`, i); err != nil {
				return
			}
		}
	},
	"one key for ever": func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><Contents><Key>`)
		for {
			if _, err := fmt.Fprint(w, strings.Repeat("k", 1<<16)); err != nil {
				return
			}
		}
	},
}

func page(w http.ResponseWriter, next string, from, count int) {
	type object struct {
		Key  string
		Size int64
	}
	type result struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		Contents              []object
	}
	r := result{IsTruncated: next != "", NextContinuationToken: next}
	for i := range count {
		r.Contents = append(r.Contents, object{fmt.Sprintf("key-%06d", from+i), 1})
	}
	_ = xml.NewEncoder(w).Encode(r)
}
