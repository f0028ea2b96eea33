//go:build !linux

package cage

import (
	"context"
	"os/exec"
	"syscall"
)

// User is nil: there are no cages on this system.
func User() *syscall.Credential { return nil }

// Check is ErrRefused: there are no cages on this system.
func Check(context.Context) error { return ErrRefused }

func command(string) (*exec.Cmd, error) { return nil, ErrRefused }
