package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	hclv2 "github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// target says which servers a command talks to, and where Drover's state is.
type target struct {
	Connection
	State string // folder
}

// target reads the flags and the environment of a command that has
// [Command.Servers] and [Command.State].
func (m *Meta) target() (target, error) {
	connection, err := m.Connection()
	if err != nil {
		return target{}, err
	}
	dir, err := m.StateDir()
	return target{connection, dir}, err
}

// session is an engine with its clients and its state, open.
type session struct {
	*engine.Engine
}

// open connects a command to the servers, for jobs in a namespace, and opens
// Drover's state, which one process at a time can.
func (m *Meta) open(t target, namespace, region string) (*session, error) {
	s, err := m.connect(t, namespace, region)
	if err != nil {
		return nil, err
	}
	s.State, err = state.Open(state.Config{Dir: t.State, Logger: s.Logger})
	return s, err
}

// connect is [Meta.open] without the state: what runs can be asked for while
// an apply goes on.
func (m *Meta) connect(t target, namespace, region string) (*session, error) {
	t.Nomad.Namespace = namespace
	if region != "" {
		t.Nomad.Region = region
	}
	n, err := nomad.New(t.Nomad)
	if err != nil {
		return nil, err
	}
	c, err := consul.New(t.Consul)
	if err != nil {
		return nil, err
	}
	v, err := vault.New(t.Vault)
	if err != nil {
		return nil, err
	}
	return &session{&engine.Engine{Nomad: n, Consul: c, Vault: v, Logger: m.logger(), Now: time.Now}}, nil
}

// Close closes Drover's state.
func (s *session) Close() error { return s.State.Close() }

// desire is what a platform file asks for.
func desire(p *services.Platform) scheduler.Desired {
	return scheduler.Desired{Platform: p.Identity, Name: p.Name, Namespace: p.Namespace, Vault: p.Vault, Jobs: jobspecs.Jobs(p)}
}

// fits checks the file against the cluster: it prints what no node could ever
// give, which is an error, and what this Nomad is too old for.
func (m *Meta) fits(ctx context.Context, s *session, file *hcl.File) error {
	version, err := s.Nomad.Version(ctx)
	if err != nil {
		return err
	}
	for _, r := range file.Platform.Runners {
		if r.MaxDuration > 0 && !version.EnforcesMaxRunDuration() {
			fmt.Fprintf(m.Err, "Warning: runner %q has a max_duration, which Nomad %s does not enforce; 2.0.3 and newer do.\n", r.Name, version)
		}
	}
	nodes, err := s.Nomad.Nodes(ctx)
	if err != nil {
		return err
	}
	return m.report(file, file.CheckNodes(nodes))
}

// remember notes that a platform was applied from the file at an absolute
// path.
func (s *session) remember(d scheduler.Desired, source string) error {
	return s.State.Apply(state.PutPlatform{Platform: state.PlatformRecord{
		Identity: d.Platform, Name: d.Name, Namespace: d.Namespace, Source: source, AppliedAt: s.Now(),
	}})
}

// source loads a platform file or folder and prints what is wrong with it.
// After errors, its error says nothing more.
func (m *Meta) source(path string) (*hcl.File, error) {
	file, diags, err := m.load(path)
	if err != nil {
		return nil, err
	}
	return file, m.report(file, diags)
}

// report prints diagnostics, and returns an error when one of them is.
func (m *Meta) report(file *hcl.File, diags hclv2.Diagnostics) error {
	if err := m.writeDiagnostics(file, diags); err != nil {
		return err
	}
	if diags.HasErrors() {
		return reported{}
	}
	return nil
}

// logger logs to standard error what DROVER_LOG asks for: nothing, unless it
// is trace, debug, info, warn or error.
func (m *Meta) logger() hclog.Logger {
	level := hclog.LevelFromString(m.Getenv("DROVER_LOG"))
	if level == hclog.NoLevel {
		level = hclog.Off
	}
	return hclog.New(&hclog.LoggerOptions{Name: program, Level: level, Output: m.Err})
}

// show prints a value as -json or -t ask, or else as text.
func (m *Meta) show(value any, text func() string) error {
	if m.WantsData() {
		return m.Format(value)
	}
	_, err := io.WriteString(m.Out, text())
	return err
}

// closing joins a command's error with that of closing what it used.
func closing(err *error, close func() error) { *err = errors.Join(*err, close()) }
