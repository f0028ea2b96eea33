package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded/cage"
)

// FreePort asks for any free TCP port.
const FreePort = -1

const (
	superuser  = "postgres"
	socketPort = 5432 // only names the socket when nothing listens on TCP
	// leaveTime is how long a server of an earlier life may take to go.
	leaveTime = 20 * time.Second
)

// Options says which server to run.
type Options struct {
	Dir    string            // holds all that the server keeps; made when missing
	Bin    Binaries          // from Find
	Port   int               // on 127.0.0.1; 0 for a socket only, FreePort for any
	Fast   bool              // no fsync: for data that may be lost with the machine
	Params map[string]string // further server settings
	Caged  bool              // locked in, for data of strangers: a socket only, and cage.ErrRefused where the machine does not allow it
}

// Server is a running Postgres. It ends with this process, however that ends.
type Server struct {
	folder *folder
	port   int
	fast   bool
	child  *os.Process
	done   chan struct{}
}

// Start returns once the server answers. ctx bounds the start only; data of an
// earlier life is reused. It fails with Conflict where another process uses
// the folder or another major version made it.
func Start(ctx context.Context, o Options) (*Server, error) {
	f, err := openFolder(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Server{folder: f, port: o.Port, fast: o.Fast}
	if s.port == FreePort {
		if s.port, err = freePort(); err != nil {
			f.release()
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.launch(ctx, o); err != nil {
		f.release()
		if o.Caged {
			err = errors.Join(cage.Check(ctx), err)
		}
		return nil, err
	}
	return s, nil
}

// launch tries again while a server of an earlier life is still on its way out.
func (s *Server) launch(ctx context.Context, o Options) error {
	if err := s.folder.clearStale(ctx); err != nil {
		return err
	}
	log, err := os.OpenFile(s.folder.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	deadline := time.Now().Add(leaveTime)
	for {
		cmd, err := s.command(o)
		if err != nil {
			return err
		}
		cmd.Stdout, cmd.Stderr = log, log
		if s.done, err = spawn(cmd, s.stopSignal()); err != nil {
			return fmt.Errorf("start postgres: %w", err)
		}
		s.child = cmd.Process
		err = s.await(ctx)
		if err == nil {
			return nil
		}
		s.kill()
		tail := s.folder.logTail()
		busy := strings.Contains(tail, "is still in use") || strings.Contains(tail, "already exists")
		if !busy || ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("start postgres: %w: %s", err, tail)
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// command is the server, not started yet.
func (s *Server) command(o Options) (*exec.Cmd, error) {
	if o.Caged {
		return s.caged(o)
	}
	cmd := exec.Command(o.Bin.Path("postgres"), s.args(o)...) //nolint:noctx // the server outlives the start
	cmd.Dir, cmd.Env = s.folder.data(), serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.folder.credential, Setpgid: true}
	return cmd, nil
}

// caged is the server in a cage with its data and its socket; the password and the
// log stay outside.
func (s *Server) caged(o Options) (*exec.Cmd, error) {
	program, err := filepath.EvalSymlinks(o.Bin.Path("postgres"))
	if err != nil {
		return nil, err
	}
	read := filepath.Dir(filepath.Dir(program)) // the installation, with its own libraries
	if read == "/" || read == "/usr" {
		read = program // where everybody's programs are, only ours
	}
	return cage.Command(cage.Spec{
		Program: program, Args: s.args(o), Env: serverEnv(), Dir: s.folder.data(),
		Read: []string{read}, Write: []string{s.folder.data(), s.folder.socket},
	})
}

func (s *Server) args(o Options) []string {
	params := map[string]string{
		"listen_addresses":        "",
		"port":                    strconv.Itoa(cmp.Or(s.port, socketPort)),
		"unix_socket_directories": `"` + s.folder.socket + `"`,
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
	if s.port > 0 {
		params["listen_addresses"] = "127.0.0.1"
	}
	if o.Fast {
		maps.Copy(params, map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
			"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB", "jit": "off",
		})
	}
	maps.Copy(params, o.Params)
	args := []string{"-D", s.folder.data()}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		args = append(args, "-c", name+"="+params[name])
	}
	return args
}

// await polls until a connection is let in or the server has ended.
func (s *Server) await(ctx context.Context) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		conn, err := pgx.Connect(attempt, s.URL(superuser))
		if err == nil {
			err = conn.Close(attempt)
			cancel()
			return err
		}
		cancel()
		select {
		case <-s.done:
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the superuser's address of a database, password included.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, s.folder.password), Path: "/" + database}
	if s.port > 0 {
		u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
		return u.String() + "?sslmode=disable"
	}
	query := url.Values{"host": {s.folder.socket}, "port": {strconv.Itoa(socketPort)}}
	return u.String() + "?" + query.Encode()
}

// Access is what a client needs that takes the parts of an address one by one.
func (s *Server) Access() (host string, port int, user, password string) {
	if s.port > 0 {
		return "127.0.0.1", s.port, superuser, s.folder.password
	}
	return s.folder.socket, socketPort, superuser, s.folder.password
}

// Done is closed when the server has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server and gives its folder free; past ctx's end it is killed.
// A second call is harmless.
func (s *Server) Stop(ctx context.Context) error {
	s.signal(s.stopSignal())
	var err error
	select {
	case <-s.done:
	case <-ctx.Done():
		err = ctx.Err()
		s.kill()
	}
	s.folder.release()
	return err
}

// stopSignal asks for a clean end where the data matters, for a prompt one where not.
func (s *Server) stopSignal() syscall.Signal {
	if s.fast {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

func (s *Server) signal(sig syscall.Signal) {
	select {
	case <-s.done:
	default:
		_ = s.child.Signal(sig) // it may have just ended
	}
}

func (s *Server) kill() {
	s.signal(syscall.SIGKILL)
	<-s.done
}

// clearStale removes the mark of a server that was killed when its number now
// belongs to some other program; Postgres would take that for itself.
func (f *folder) clearStale(ctx context.Context) error {
	mark := filepath.Join(f.data(), "postmaster.pid")
	for deadline := time.Now().Add(leaveTime); ; {
		text, err := os.ReadFile(mark)
		if err != nil {
			return nil //nolint:nilerr // no mark, nothing stale
		}
		first, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil || pid <= 0 || !serves(pid, f.data()) {
			return os.Remove(mark)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server of an earlier start (process %d) does not end", pid)
		}
		_ = syscall.Kill(pid, syscall.SIGINT)
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (f *folder) logTail() string {
	text, _ := os.ReadFile(f.log())
	return string(text[max(0, len(text)-2000):])
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a local port is free at once or not at all
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
