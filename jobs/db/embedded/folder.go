package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"levqor/jobs/db/embedded/cage"
	"levqor/jobs/fail"
)

// maxSocketPath is the kernel's limit for a socket's address, less its final zero.
const maxSocketPath = 107

// folder is what a server keeps: its data, its socket, its password, its log.
type folder struct {
	root       string
	socket     string
	lock       *os.File
	credential *syscall.Credential
	password   string
}

func (f *folder) data() string { return filepath.Join(f.root, "data") }
func (f *folder) log() string  { return filepath.Join(f.root, "server.log") }

// openFolder takes the folder for this process alone, and makes the data in it
// unless an earlier life did.
func openFolder(ctx context.Context, o Options) (*folder, error) {
	root, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root}
	if f.credential = cage.User(); !o.Caged {
		f.credential, err = serverUser()
	}
	if err != nil {
		return nil, err
	}
	if err := f.claim(); err != nil {
		return nil, err
	}
	if err := errors.Join(f.checkMajor(o.Bin.Major), f.openSocketFolder()); err != nil {
		f.release()
		return nil, err
	}
	if err := f.create(ctx, o.Bin); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// serverUser is who the server runs as: Postgres refuses to run as root.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
			gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
		}
	}
	return nil, errors.New("no user postgres or nobody to run the server as")
}

// claim makes the folder and locks it; the lock ends with this process, however it ends.
func (f *folder) claim() error {
	if err := os.MkdirAll(f.root, 0o755); err != nil {
		return err
	}
	root, err := filepath.EvalSymlinks(f.root)
	if err != nil {
		return err
	}
	f.root = root
	if f.credential != nil {
		if err := f.checkParents(); err != nil {
			return err
		}
	}
	lock, err := os.OpenFile(filepath.Join(f.root, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return fail.Wrap(fmt.Errorf("another Levqor process uses %s", f.root), fail.Conflict, "postgres.fail.folder_in_use", "folder", f.root)
	}
	f.lock = lock
	return nil
}

// checkParents names the first folder above the data that the server's user can't pass.
func (f *folder) checkParents() error {
	if err := os.Chmod(f.root, 0o711); err != nil {
		return err
	}
	for dir := filepath.Dir(f.root); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		owner, _ := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm()&0o001 == 0 && (owner == nil || owner.Uid != f.credential.Uid) {
			return fail.Wrap(fmt.Errorf("the server's user cannot pass %s", dir), fail.Invalid, "postgres.fail.folder_closed", "folder", dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (f *folder) checkMajor(major int) error {
	text, err := os.ReadFile(filepath.Join(f.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if have := strings.TrimSpace(string(text)); have != strconv.Itoa(major) {
		return fail.Wrap(fmt.Errorf("%s was made by PostgreSQL %s, found is %d: set LEVQOR_PG_BIN to the folder of PostgreSQL %s, or move the data with pg_upgrade", f.data(), have, major, have),
			fail.Conflict, "postgres.fail.other_major", "have", have, "found", major, "folder", f.data())
	}
	return nil
}

// openSocketFolder falls back to the system's temporary folder where the
// address would be too long for the kernel.
func (f *folder) openSocketFolder() error {
	f.socket = filepath.Join(f.root, "run")
	if len(f.socket)+len("/.s.PGSQL.65535.lock") > maxSocketPath {
		dir, err := os.MkdirTemp("/tmp", "levqor-pg-")
		if err != nil {
			return err
		}
		f.socket = dir
	}
	return f.own(f.socket)
}

func (f *folder) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil || f.credential == nil {
		return err
	}
	return os.Chown(dir, int(f.credential.Uid), int(f.credential.Gid))
}

// create runs initdb beside the final place, so that a killed one leaves nothing half-made.
func (f *folder) create(ctx context.Context, bin Binaries) error {
	secret := filepath.Join(f.root, "password")
	if _, err := os.Stat(filepath.Join(f.data(), "PG_VERSION")); err == nil {
		text, err := os.ReadFile(secret)
		f.password = strings.TrimSpace(string(text))
		return err
	}
	f.password = rand.Text()
	if err := os.WriteFile(secret, []byte(f.password+"\n"), 0o600); err != nil {
		return err
	}
	fresh := f.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := f.own(fresh); err != nil {
		return err
	}
	handover := filepath.Join(f.socket, "password")
	if err := os.WriteFile(handover, []byte(f.password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(handover)
	if f.credential != nil {
		if err := os.Chown(handover, int(f.credential.Uid), int(f.credential.Gid)); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, bin.Path("initdb"), "-D", fresh, "-U", superuser, "-A", "scram-sha-256",
		"--pwfile="+handover, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	cmd.Dir = fresh
	cmd.Env = serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: f.credential}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return os.Rename(fresh, f.data())
}

// release gives the folder to the next; a socket folder elsewhere goes with it.
func (f *folder) release() {
	if f.socket != "" && filepath.Dir(f.socket) != f.root {
		os.RemoveAll(f.socket)
	}
	f.lock.Close()
}

// serverEnv leaves out the PG variables of whoever started us: they would aim
// the programs elsewhere.
func serverEnv() []string {
	env := []string{"TZ=UTC", "LC_ALL=C.UTF-8"}
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "PATH=") {
			env = append(env, entry)
		}
	}
	return env
}
