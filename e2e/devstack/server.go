package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// agentPath is the PATH of the servers and so of exec and raw_exec tasks,
// which inherit the whole environment of Nomad's client: nothing of the
// caller's may be in it.
const agentPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// readyLimit is how long a server may take to be ready.
const readyLimit = 60 * time.Second

// Server is one of the three servers of a stack.
type Server struct {
	name  string
	stack *Stack
	path  string
	args  []string
	ready func(ctx context.Context, gone <-chan struct{}) error
}

// Name returns "nomad", "consul" or "vault".
func (s *Server) Name() string { return s.name }

// Log returns the path of the server's log.
func (s *Server) Log() string { return s.stack.dir.log(s.name) }

// Start starts the server and returns when it is ready. It is an error when
// it runs.
func (s *Server) Start(ctx context.Context) error { return s.start(ctx, s.args, s.ready) }

func (s *Server) start(ctx context.Context, args []string, ready func(context.Context, <-chan struct{}) error) error {
	if err := rotate(s.Log()); err != nil {
		return err
	}
	err := s.stack.process.ask(command{
		Op:     "start",
		Server: s.name,
		Path:   s.path,
		Args:   args,
		Env:    []string{"PATH=" + agentPath, "HOME=" + s.stack.dir.path(s.name)},
		Dir:    s.stack.dir.path(s.name),
		Log:    s.Log(),
	})
	if err != nil {
		return err
	}
	if err := ready(ctx, s.stack.process.life(s.name).gone); err != nil {
		return fmt.Errorf("start %s: %w%s", s.name, err, tail(s.Log()))
	}
	return nil
}

// Kill ends the server at once, as kill -9 does, and returns when it is gone.
// Tasks keep running.
func (s *Server) Kill(ctx context.Context) error { return s.signal(ctx, syscall.SIGKILL) }

// Stop asks the server to end and returns when it is gone. Tasks keep running.
func (s *Server) Stop(ctx context.Context) error { return s.signal(ctx, syscall.SIGTERM) }

// Restart is Stop and Start.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	return s.Start(ctx)
}

// Running reports whether the server runs.
func (s *Server) Running() bool {
	life := s.stack.process.life(s.name)
	if life == nil {
		return false
	}
	select {
	case <-life.gone:
		return false
	default:
		return true
	}
}

func (s *Server) signal(ctx context.Context, sig syscall.Signal) error {
	if err := s.stack.process.ask(command{Op: "signal", Server: s.name, Signal: int(sig)}); err != nil {
		return err
	}
	select {
	case <-s.stack.process.life(s.name).gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %s to end: %w", s.name, context.Cause(ctx))
	}
}

// rotate keeps a log from growing for ever: one that is large becomes NAME.1.
func rotate(path string) error {
	const large = 20 << 20
	info, err := os.Stat(path)
	if err != nil || info.Size() < large {
		return nil //nolint:nilerr // a log that is not there yet is small
	}
	if err := os.Rename(path, path+".1"); err != nil {
		return fmt.Errorf("rotate a log: %w", err)
	}
	return nil
}

// tail returns the last lines of a log, as the end of an error.
func tail(path string) string {
	const lines, size = 15, 8 << 10
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // read only
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, err = f.Seek(max(0, end-size), io.SeekStart)
		if err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(f)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return ""
	}
	last := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return "\nThe end of " + path + ":\n  " + strings.Join(last[max(0, len(last)-lines):], "\n  ")
}
