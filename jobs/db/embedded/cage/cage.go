// Package cage starts a program that may work for strangers: in namespaces of its
// own, as nobody, without network, with no other folder than those it is given,
// and with the system's libraries to read. What breaks out of the program finds
// no shell, no file of ours, no process but its own, and no right to gain.
package cage

import (
	"encoding/json"
	"errors"
	"os/exec"
)

// Spec is what a program in a cage gets. Paths are the same inside and outside.
type Spec struct {
	Program string
	Args    []string // without the program's own name
	Env     []string
	Dir     string   // the working folder
	Write   []string // folders that it may write to; it must own them: see User
	Read    []string // further folders and files to read, beside the system's libraries
}

// ErrRefused says that this machine lets nobody make a cage.
var ErrRefused = errors.New("this machine does not allow a process to be locked in")

// childName is what our own program is called while it locks itself in.
const childName = "levqor-cage"

// Command is the program in its cage, not started yet. The caller sets where its
// output goes, and may set Pdeathsig; nothing else of SysProcAttr.
func Command(s Spec) (*exec.Cmd, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return command(string(text))
}
