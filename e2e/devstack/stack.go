package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/drover-platform/drover/agent/bootstrap"
)

// Stack is a running local stack. Its methods may be called from several
// goroutines.
type Stack struct {
	Nomad, Consul, Vault string // URLs

	// Management holds the credentials that may do everything.
	Management bootstrap.Tokens
	// Drover holds Drover's own, least-privilege tokens.
	Drover bootstrap.Tokens

	Namespace string // the platform's, in Nomad
	Node      string // name of the one Nomad node, and of Consul's
	Ports     Ports
	Docker    bool // whether Nomad has a Docker engine
	// Bootstrap says what wiring the servers changed at this start.
	Bootstrap *bootstrap.Result

	dir     layout
	state   *state
	process *process
	servers map[string]*Server
	lock    *os.File
	guard   *net.TCPListener
	stop    sync.Once
	stopErr error
}

// Start starts the stack in cfg.Dir, new or as it was stopped, and returns
// when everything is ready and wired. After an error nothing runs. ctx bounds
// the start alone.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	if IsSupervisor() {
		return nil, errors.New("devstack.Start in the supervisor: call devstack.IsSupervisor first thing in main")
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	binaries, err := cfg.Binaries.complete(ctx, cfg.Progress)
	if err != nil {
		return nil, err
	}
	s, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.up(ctx, cfg, binaries); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// prepare makes the state folder this process's and ready for the servers.
func prepare(ctx context.Context, cfg Config) (_ *Stack, err error) {
	lock, err := lockDir(ctx, cfg.Dir, cfg.Progress)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	st, err := loadState(cfg.Dir)
	if err != nil {
		return nil, err
	}
	useDocker := !cfg.NoDocker && dockerAnswers(ctx)
	sweep(cfg.Dir, st.Name, useDocker) // after a supervisor that was killed with its parent
	if st.VaultKey == "" {
		// A start that was cut short may have initialized Vault without keeping
		// its key. Nobody has ever been able to put anything into it.
		if err := os.RemoveAll(layout(cfg.Dir).data("vault")); err != nil {
			return nil, fmt.Errorf("remove a half-made Vault: %w", err)
		}
	}
	var guard *net.TCPListener
	if st.Ports == (Ports{}) {
		st.Ports, guard, err = choosePorts(cfg.Dir)
	} else {
		st.Ports, guard, err = reclaimPorts(st.Ports, st.Settled, cfg.Dir)
	}
	if err != nil {
		return nil, err
	}
	s := &Stack{
		Nomad:     url(st.Ports.NomadHTTP),
		Consul:    url(st.Ports.ConsulHTTP),
		Vault:     url(st.Ports.VaultHTTP),
		Namespace: cfg.Namespace,
		Node:      st.Name,
		Ports:     st.Ports,
		Docker:    useDocker,
		dir:       layout(cfg.Dir),
		state:     st,
		lock:      lock,
		guard:     guard,
	}
	if err := s.files(cfg); err != nil {
		_ = guard.Close()
		return nil, err
	}
	return s, nil
}

// files writes what the servers read.
func (s *Stack) files(cfg Config) error {
	if err := s.state.save(cfg.Dir); err != nil {
		return err
	}
	if cfg.DroverBinary != "" {
		// A copy: linking it into a task's root works within one file system
		// only, and a program that is being rebuilt must not change in there.
		if err := copyProgram(cfg.DroverBinary, s.dir.drover()); err != nil {
			return err
		}
	}
	return settings{
		dir:       s.dir,
		state:     s.state,
		hasDrover: cfg.DroverBinary != "",
		docker:    s.Docker,
		cgroup2:   onlyCgroup2(),
		cni:       findCNI(),
	}.write()
}

// up starts the servers and wires them.
func (s *Stack) up(ctx context.Context, cfg Config, binaries Binaries) error {
	began := time.Now()
	if s.Docker {
		if err := shareDir(cfg.Dir); err != nil {
			return err
		}
	}
	s.state.Settled = true
	if err := s.state.save(cfg.Dir); err != nil {
		return err
	}
	var err error
	s.process, err = launch(setup{Dir: cfg.Dir, Name: s.state.Name, Shared: s.Docker}, s.dir.log("supervisor"), s.lock, s.guard,
		func() { sweep(cfg.Dir, s.state.Name, s.Docker) })
	if err != nil {
		return err
	}
	s.servers = map[string]*Server{
		"consul": {name: "consul", path: binaries.Consul, args: []string{"agent", "-config-file=" + s.dir.config("consul")}, ready: s.readyConsul},
		"vault":  {name: "vault", path: binaries.Vault, args: []string{"server", "-config=" + s.dir.config("vault")}, ready: s.readyVault},
		"nomad":  {name: "nomad", path: binaries.Nomad, args: []string{"agent", "-config=" + s.dir.config("nomad")}, ready: s.readyNomad},
	}
	for _, srv := range s.servers {
		srv.stack = s
	}
	var both sync.WaitGroup
	var consulErr, vaultErr error
	both.Go(func() { consulErr = s.Server("consul").Start(ctx) })
	both.Go(func() { vaultErr = s.Server("vault").Start(ctx) })
	both.Wait()
	if err := errors.Join(consulErr, vaultErr); err != nil {
		return s.explain(err)
	}
	fmt.Fprintf(cfg.Progress, "Consul is ready at %s\nVault is ready at %s\n", s.Consul, s.Vault)
	if err := s.startNomad(ctx); err != nil {
		return s.explain(err)
	}
	fmt.Fprintf(cfg.Progress, "Nomad is ready at %s\n", s.Nomad)
	if err := s.wire(ctx, cfg); err != nil {
		return err
	}
	cfg.Logger.Info("stack is up", "dir", cfg.Dir, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// startNomad starts Nomad, the first time without its client: a client that
// registers before the server has made its keys waits up to half a minute
// before it tries again.
func (s *Stack) startNomad(ctx context.Context) error {
	srv := s.Server("nomad")
	if !s.state.Seeded {
		if err := srv.start(ctx, []string{"agent", "-config=" + s.dir.seed()}, s.readyNomadServer); err != nil {
			return err
		}
		if err := srv.Stop(ctx); err != nil {
			return err
		}
		s.state.Seeded = true
		if err := s.state.save(string(s.dir)); err != nil {
			return err
		}
	}
	return srv.Start(ctx)
}

// explain adds why the supervisor ended, if it did.
func (s *Stack) explain(err error) error {
	select {
	case <-s.process.done:
		return fmt.Errorf("%w%s", err, tail(s.dir.log("supervisor")))
	default:
		return err
	}
}

// Server returns "nomad", "consul" or "vault", to kill and start it.
func (s *Stack) Server(name string) *Server { return s.servers[name] }

// Dir returns the state folder.
func (s *Stack) Dir() string { return string(s.dir) }

// Done is closed when the supervisor has ended and so everything is gone:
// after Stop, or because something killed it.
func (s *Stack) Done() <-chan struct{} { return s.process.done }

// Stop ends every task and server, giving tasks time to save, and returns when
// all are gone. The state folder stays. When ctx ends first, everything is
// killed at once: after a signal, pass a context that outlives it. A second
// call does nothing.
func (s *Stack) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		if s.process != nil {
			s.stopErr = s.process.end(ctx)
		}
		unmountAll(string(s.dir)) // when there is no supervisor yet
		s.stopErr = errors.Join(s.stopErr, s.guard.Close(), s.lock.Close())
	})
	return s.stopErr
}

// sweep removes what a supervisor leaves outside its namespaces when it is
// killed; otherwise it has done so itself.
func sweep(dir, name string, docker bool) {
	if docker {
		removeContainers(name, taskStopLimit)
	}
	unmountAll(dir)
	removeCgroups(name)
}

// copyProgram copies an executable file.
func copyProgram(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy a program: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy a program: %w", err)
	}
	return writeFile(to, text, 0o755)
}
