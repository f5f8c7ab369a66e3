package serve

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/drover-platform/drover/services"
)

// Lock keeps every other process away from a single-writer volume for as long
// as this process lives. The kernel drops it when the process dies, however
// it dies, so that a restart never waits for a stale lock.
type Lock struct {
	mu   sync.Mutex
	file *os.File
}

// TakeLock locks the file at path, which it makes when there is none. It
// fails at once with [services.CodeConflict] when somebody else holds it;
// what names the thing that is locked, such as "the App's folder /data".
func TakeLock(path, what string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &Lock{file: file}, nil
	}
	_ = file.Close() // nothing was written; the lock's error is the news
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, services.Errorf(services.CodeConflict, "another process uses %s", what).
			WithHint("Stop it first: one process alone may write there (its lock is %s)", path)
	}
	return nil, services.Errorf(services.CodeUnavailable, "lock %s: %w", path, err).
		WithHint("The file system must support locks; on an SMB share mount it with the option nobrl")
}

// Close gives the lock up. It is safe to call twice. The file stays: removing
// it would let two processes lock two files of one name.
func (l *Lock) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.Close()
}
