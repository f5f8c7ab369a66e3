package devstack

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervisorName is the name that the supervisor runs under.
const supervisorName = "drover-devstack"

// The supervisor's patience. teardownLimit is more than their sum.
const (
	nomadStopLimit  = 10 * time.Second
	taskStopLimit   = 15 * time.Second
	serverStopLimit = 5 * time.Second
	teardownLimit   = 60 * time.Second
)

// IsSupervisor reports whether this process was started to supervise a stack.
func IsSupervisor() bool {
	return filepath.Base(os.Args[0]) == supervisorName && len(os.Args) == 3
}

// SupervisorMain supervises a stack until its parent is gone, and returns the
// exit status. Call it in main, before anything else, when [IsSupervisor].
func SupervisorMain() int {
	var s setup
	if err := json.Unmarshal([]byte(os.Args[2]), &s); err != nil {
		fmt.Fprintln(os.Stderr, "supervisor: read setup:", err)
		return 2
	}
	var err error
	if os.Args[1] == "isolate" {
		err = isolate(s) // returns only when it fails
	} else {
		err = supervise(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "supervisor:", err)
		return 1
	}
	return 0
}

// isolate finishes the namespaces that the parent started this process in and
// runs the program again, in place, as the supervisor proper. It does so
// because a cgroup namespace belongs to a thread, and all of the supervisor's
// threads have to be in it.
func isolate(s setup) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("not the first process of a PID namespace, but %d", os.Getpid())
	}
	runtime.LockOSThread()
	if err := isolateMounts(s); err != nil {
		return err
	}
	fds, err := isolateCgroups(s.Name)
	if err != nil {
		return err
	}
	s.Cgroups = fds
	arg, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode setup: %w", err)
	}
	return syscall.Exec("/proc/self/exe", []string{supervisorName, "supervise", string(arg)}, os.Environ())
}

// supervisor is the first process of the stack's PID namespace.
type supervisor struct {
	setup setup

	mu      sync.Mutex
	out     *json.Encoder
	servers map[string]int // running servers' PIDs
	nomad   string         // Nomad's program
}

func supervise(s setup) error {
	for _, fd := range append([]int{fdControl, fdLock, fdGuard, fdMounts}, s.Cgroups...) {
		unix.CloseOnExec(fd)
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)

	control := os.NewFile(fdControl, "control")
	sup := &supervisor{setup: s, out: json.NewEncoder(control), servers: map[string]int{}}
	skipPIDs(s.Dir)
	go func() {
		for range children {
			sup.reap()
		}
	}()
	go func() {
		for range time.Tick(5 * time.Second) {
			keepLastPID(s.Dir)
		}
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for in := json.NewDecoder(control); ; {
			var c command
			if err := in.Decode(&c); err != nil {
				return // the parent is gone
			}
			sup.handle(c)
		}
	}()
	select {
	case <-ended:
	case <-terminated:
	}
	sup.teardown()
	return nil
}

func (sup *supervisor) handle(c command) {
	sup.mu.Lock()
	defer sup.mu.Unlock()
	r := report{ID: c.ID, Server: c.Server}
	pid, running := sup.servers[c.Server]
	switch {
	case c.Op == "start" && running:
		r.Error = "it runs already"
	case c.Op == "start":
		// The lock is held, so that its end is not reaped before it is known.
		pid, err := spawn(c)
		if err != nil {
			r.Error = err.Error()
			break
		}
		sup.servers[c.Server] = pid
		if c.Server == "nomad" {
			sup.nomad = c.Path
		}
		r.PID = pid
	case c.Op == "signal" && !running:
		r.Error = "it does not run"
	case c.Op == "signal":
		if err := syscall.Kill(pid, syscall.Signal(c.Signal)); err != nil {
			r.Error = err.Error()
		}
	default:
		r.Error = "unknown operation " + strconv.Quote(c.Op)
	}
	_ = sup.out.Encode(r) // a parent that does not listen is seen as gone elsewhere
}

// spawn starts a server in a session of its own with its output in a log.
func spawn(c command) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close() //nolint:errcheck // read only
	log, err := os.OpenFile(c.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	defer log.Close() //nolint:errcheck // the server has its own
	return syscall.ForkExec(c.Path, append([]string{c.Path}, c.Args...), &syscall.ProcAttr{
		Dir:   c.Dir,
		Env:   c.Env,
		Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// reap collects ended processes: servers, and whatever they left to the first
// process of the namespace. Without it they would look alive.
func (sup *supervisor) reap() {
	sup.mu.Lock()
	defer sup.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		for server, p := range sup.servers {
			if p == pid {
				delete(sup.servers, server)
				_ = sup.out.Encode(report{Server: server, PID: pid, Exited: true, Status: describe(status)})
			}
		}
	}
}

func describe(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "signal: " + s.Signal().String()
	}
	return "exit status " + strconv.Itoa(s.ExitStatus())
}

func (sup *supervisor) pid(server string) int {
	sup.mu.Lock()
	defer sup.mu.Unlock()
	return sup.servers[server]
}
