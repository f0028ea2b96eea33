package dial

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestAConnectionFailsOnceNothingMoves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server func(net.Conn) // ends the other side's part
		wants  error
		after  time.Duration
	}{
		"a server that never answers": {func(net.Conn) {}, os.ErrDeadlineExceeded, time.Minute},
		"one that stops half-way": {func(s net.Conn) {
			_, _ = s.Write([]byte("half"))
		}, os.ErrDeadlineExceeded, time.Minute},
		"one that answers in small pieces": {func(s net.Conn) {
			for range 10 {
				time.Sleep(50 * time.Second)
				_, _ = s.Write([]byte("piece"))
			}
			s.Close()
		}, nil, 500 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				conn := &talking{ours, time.Minute}
				defer conn.Close()
				go c.server(theirs)
				began := time.Now()
				if _, err := io.ReadAll(conn); !errors.Is(err, c.wants) || time.Since(began) != c.after {
					t.Errorf("after %s: %v, want %v after %s", time.Since(began), err, c.wants, c.after)
				}
			})
		})
	}
}

func TestAnAnswerMayComeAfterALongUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn := &talking{ours, time.Minute}
		defer conn.Close()
		go func() {
			defer theirs.Close()
			for range 10 { // a byte each 50 seconds
				time.Sleep(50 * time.Second)
				_, _ = theirs.Read(make([]byte, 1))
			}
			_, _ = theirs.Write([]byte("done"))
		}()
		answer := make(chan error, 1)
		go func() {
			_, err := io.ReadAll(conn) // waits from the beginning, as HTTP does
			answer <- err
		}()
		for range 10 {
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-answer; err != nil {
			t.Fatal(err)
		}
	})
}
