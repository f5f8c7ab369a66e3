package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/drover-platform/drover/services"
)

// lockDir makes this process the one user of dir until the file is closed,
// here and in the supervisor, which inherits it. It waits for the supervisor
// of a dead parent to clean up, and fails at once when the parent is alive.
func lockDir(ctx context.Context, dir string, progress io.Writer) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the state folder: %w", err)
	}
	deadline := time.Now().Add(teardownLimit)
	for told := false; ; told = true {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		owner := lockOwner(f)
		if !errors.Is(err, syscall.EWOULDBLOCK) || alive(owner) || time.Now().After(deadline) {
			_ = f.Close()
			return nil, services.Errorf(services.CodeConflict, "the stack in %s is in use by process %d: %w", dir, owner, err).
				WithHint("Stop that process, or use another state folder")
		}
		if !told {
			fmt.Fprintf(progress, "waiting for the stack that process %d left in %s to stop\n", owner, dir)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the state folder: %w", err)
	}
	return f, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func lockOwner(f *os.File) int {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return pid
}

// alive reports whether a process with that ID exists.
func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// pause waits for d or for ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
