package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"levqor/jobs/fail"
)

// program is a running client program whose output is read as a stream.
type program struct {
	ctx    context.Context
	cmd    *exec.Cmd
	name   string
	out    *os.File
	wide   bool
	errors tail
	ended  bool
	err    error
}

// start runs a client program against one database. It is killed, with all its
// children, when ctx ends.
func (s *server) start(ctx context.Context, name, database string, stdin io.Reader, args ...string) (*program, error) {
	p := &program{ctx: ctx, name: name, cmd: exec.CommandContext(ctx, s.Bin.Path(name), args...)}
	out, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.out, p.wide = out, widen(out)
	p.cmd.Dir = "/"
	p.cmd.Env = s.env(database)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, write, &p.errors
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = 5 * time.Second
	err = p.cmd.Start()
	write.Close()
	if err != nil {
		out.Close()
		return nil, fail.Work(err, fail.ClassConfig, "postgres.fail.no_tools")
	}
	return p, nil
}

// Programs write in pieces of 4 KB. Read after each, and both sides are woken
// for each: a short wait lets a wide pipe fill, and halves what a dump costs.
const (
	wakeSize = 128 << 10
	fillTime = time.Millisecond
)

// Read returns the program's own failure where others return io.EOF, so that
// half a dump is never taken for a whole one.
func (p *program) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	if err == nil {
		if p.wide && n < wakeSize {
			time.Sleep(fillTime)
		}
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		p.kill()
	}
	if end := p.wait(); end != nil {
		return n, end
	}
	return n, err
}

// wait is the program's failure, classified; nil when it ended well.
func (p *program) wait() error {
	if p.ended {
		return p.err
	}
	p.ended = true
	err := p.cmd.Wait()
	p.out.Close()
	switch {
	case p.ctx.Err() != nil:
		p.err = p.ctx.Err()
	case err != nil:
		text := p.errors.String()
		p.err = classifyText(fmt.Errorf("%s: %w: %s", p.name, err, text), text)
	}
	return p.err
}

// kill ends a program whose output nobody wants any more; harmless after its end.
func (p *program) kill() {
	if !p.ended {
		_ = p.cmd.Cancel()
		_ = p.wait()
	}
}

// run waits for a program whose output is of no interest.
func (s *server) run(ctx context.Context, name, database string, args ...string) error {
	p, err := s.start(ctx, name, database, nil, args...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, p); err != nil {
		return err
	}
	return p.wait()
}

// text is a program's whole output, for programs that say little.
func (s *server) text(ctx context.Context, name string, args ...string) (string, error) {
	p, err := s.start(ctx, name, "", nil, args...)
	if err != nil {
		return "", err
	}
	defer p.kill()
	out, err := io.ReadAll(io.LimitReader(p, 1<<20))
	return string(out), err
}

// stableKey makes two dumps of the same data the same, byte for byte: by
// default pg_dump writes a new random key into each. What the key protects is
// psql, which never reads our streams.
func (s *server) stableKey(ctx context.Context) ([]string, error) {
	help, err := s.text(ctx, "pg_dump", "--help")
	if err != nil || !strings.Contains(help, "--restrict-key") {
		return nil, err
	}
	return []string{"--restrict-key=levqor"}, nil
}

// tail keeps the beginning and the end of what a program prints on stderr.
type tail struct{ text []byte }

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if len(t.text) > 2*tailSize {
		t.text = append(t.text[:tailSize], t.text[len(t.text)-tailSize:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
