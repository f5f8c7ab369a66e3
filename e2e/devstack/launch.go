package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is the parent's end of a supervisor.
type process struct {
	cmd   *exec.Cmd
	conn  *os.File
	done  chan struct{} // closed when the supervisor has ended and sweep has run
	sweep func()

	mu      sync.Mutex
	next    int
	out     *json.Encoder
	replies map[int]chan report
	exits   map[string]*running // by server
}

// running is one life of a server.
type running struct {
	pid    int
	gone   chan struct{} // closed when it has ended
	status string        // why; read after gone
}

// launch starts the supervisor. It inherits the lock and the guard. sweep is
// called when it has ended, however it did.
func launch(s setup, log string, lock *os.File, guard *net.TCPListener, sweep func()) (_ *process, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "supervisor"), os.NewFile(uintptr(pair[1]), "control")
	defer theirs.Close() //nolint:errcheck // the supervisor has its own
	defer func() {
		if err != nil {
			_ = ours.Close()
		}
	}()
	guardFile, err := guard.File()
	if err != nil {
		return nil, fmt.Errorf("hand over the port: %w", err)
	}
	defer guardFile.Close() //nolint:errcheck // the supervisor has its own
	mounts, err := os.Open("/proc/self/ns/mnt")
	if err != nil {
		return nil, fmt.Errorf("hand over the mount namespace: %w", err)
	}
	defer mounts.Close() //nolint:errcheck // the supervisor has its own
	output, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the supervisor's log: %w", err)
	}
	defer output.Close() //nolint:errcheck // the supervisor has its own
	arg, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the supervisor's setup: %w", err)
	}
	p := &process{
		cmd: &exec.Cmd{
			Path:       "/proc/self/exe",
			Args:       []string{supervisorName, "isolate", string(arg)},
			Env:        []string{"PATH=" + agentPath},
			Dir:        "/",
			Stdout:     output,
			Stderr:     output,
			ExtraFiles: []*os.File{theirs, lock, guardFile, mounts},
			SysProcAttr: &syscall.SysProcAttr{
				Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS,
				Setsid:     true, // the terminal's Ctrl-C is the parent's to handle
			},
		},
		conn:    ours,
		done:    make(chan struct{}),
		sweep:   sweep,
		out:     json.NewEncoder(ours),
		replies: map[int]chan report{},
		exits:   map[string]*running{},
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the supervisor: %w", err)
	}
	go p.listen()
	return p, nil
}

// listen hands reports to whoever waits, until the supervisor ends.
func (p *process) listen() {
	for in := json.NewDecoder(p.conn); ; {
		var r report
		if in.Decode(&r) != nil {
			break
		}
		p.mu.Lock()
		if r.Exited {
			if life := p.exits[r.Server]; life != nil && life.pid == r.PID {
				life.end(r.Status)
			}
		} else if reply, ok := p.replies[r.ID]; ok {
			if r.Error == "" && r.PID != 0 {
				// Known before the next report, which may be of its end.
				p.exits[r.Server] = &running{pid: r.PID, gone: make(chan struct{})}
			}
			delete(p.replies, r.ID)
			reply <- r
		}
		p.mu.Unlock()
	}
	_ = p.cmd.Wait()
	p.sweep()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, life := range p.exits {
		life.end("the supervisor ended")
	}
	close(p.done)
}

func (r *running) end(status string) {
	select {
	case <-r.gone:
	default:
		r.status = status
		close(r.gone)
	}
}

// ask sends a command and waits for its answer.
func (p *process) ask(c command) error {
	reply := make(chan report, 1)
	p.mu.Lock()
	p.next++
	c.ID = p.next
	p.replies[c.ID] = reply
	err := p.out.Encode(c)
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s %s: the supervisor is gone: %w", c.Op, c.Server, err)
	}
	select {
	case r := <-reply:
		if r.Error != "" {
			return fmt.Errorf("%s %s: %s", c.Op, c.Server, r.Error)
		}
		return nil
	case <-p.done:
		return fmt.Errorf("%s %s: the supervisor is gone", c.Op, c.Server)
	}
}

// life returns the current or last life of a server, nil before its first.
func (p *process) life(server string) *running {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exits[server]
}

// end makes the supervisor tear everything down, and kills it, and so all,
// when ctx ends first or that takes longer than it should.
func (p *process) end(ctx context.Context) error {
	// Shutdown, not Close: the other end sees it though a child that is being
	// started at this moment may hold a copy of the descriptor.
	_ = unix.Shutdown(int(p.conn.Fd()), unix.SHUT_WR)
	ctx, cancel := context.WithTimeout(ctx, teardownLimit)
	defer cancel()
	select {
	case <-p.done:
		return p.conn.Close()
	case <-ctx.Done():
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("stop the stack: everything was killed: %w", context.Cause(ctx)), err, p.conn.Close())
	}
}
