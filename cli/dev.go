package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/e2e/devstack"
	"github.com/drover-platform/drover/hcl"
)

const devHelp = `Usage: drover dev [options] PATH
       drover dev -prepare

  Starts Nomad, Consul and Vault on this machine, on loopback, applies a
  platform file to them, shows what runs where, and stays until Ctrl-C. The
  state stays; the next start goes on from there. Needs root on Linux.

  The servers are taken from PATH, or NOMAD_BIN, CONSUL_BIN and VAULT_BIN, when
  they are new enough; otherwise they are built once, which takes minutes.

Options:

  -check
    Check the platform from the outside, then stop: a CSV goes into an App and
    survives a stop and a start of its job, the Hub answers, Consul has both as
    passing, and the Hub's secret is in Vault and not in its job. Exits with 0
    when all of it holds.

  -prepare
    Find the servers, or build them, and end.

  -dir=<dir>
    State folder of the stack. Defaults to dev below Drover's own state folder.

` + varHelp + `
` + plainHelp

func devCommand() Command {
	return Command{
		Name: "dev", Synopsis: "Run a platform on a local stack", Help: devHelp,
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "check"}, &cli.BoolFlag{Name: "prepare"}, &cli.StringFlag{Name: "dir"}},
		Args:     Args{Max: 1, Usage: "PATH"},
		Platform: true,
		Run:      runDev,
	}
}

func runDev(ctx context.Context, m *Meta) (err error) {
	if m.Flags.Bool("prepare") {
		return m.prepareDev(ctx)
	}
	if len(m.Args) == 0 {
		return m.Usagef("drover dev needs PATH")
	}
	path := m.Args[0]
	dir, err := m.devDir()
	if err != nil {
		return err
	}
	file, err := m.source(path)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the drover binary: %w", err)
	}
	stack, err := devstack.Start(ctx, devstack.Config{
		Dir: dir, DroverBinary: self, Namespace: file.Platform.Namespace, Progress: m.Err, Logger: m.logger(),
	})
	if err != nil {
		return err
	}
	defer func() {
		fmt.Fprintln(m.Err, "Stopping the stack; its state stays in "+dir+".")
		err = errors.Join(err, stack.Stop(context.WithoutCancel(ctx)))
	}()
	envFile := filepath.Join(dir, "env.sh")
	t := target{State: filepath.Join(dir, "drover"), Connection: Connection{
		Nomad:  nomad.Config{Address: stack.Nomad, Token: stack.Drover.Nomad},
		Consul: consul.Config{Address: stack.Consul, Token: stack.Drover.Consul},
		Vault:  vault.Config{Address: stack.Vault, Token: stack.Drover.Vault},
	}}
	if err := writeEnv(envFile, append(stack.Env(), "DROVER_STATE="+t.State)); err != nil {
		return err
	}
	// Ctrl-C in the middle of the apply ends the waiting; the next start goes
	// on.
	if err := m.applyFile(ctx, applyOptions{target: t, yes: true}, path); err != nil {
		return err
	}
	if err := m.awaitHealth(ctx, t, file); err != nil {
		return err
	}
	if err := m.status(ctx, t, path); err != nil {
		return err
	}
	if m.Flags.Bool("check") {
		return m.checkDev(ctx, stack, t, file)
	}
	fmt.Fprintf(m.Out, "\nIn another terminal: . %s\nThen: drover status, nomad status, consul catalog services, vault status\nCtrl-C stops everything and keeps its state.\n", envFile)
	select {
	case <-ctx.Done():
		return nil
	case <-stack.Done():
		return errors.New("the stack ended by itself; see the logs in " + dir)
	}
}

// prepareDev finds or builds the servers.
func (m *Meta) prepareDev(ctx context.Context) error {
	found, err := devstack.Find(ctx, m.Err)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.Out, "Nomad   %s\nConsul  %s\nVault   %s\n", found.Nomad, found.Consul, found.Vault)
	return err
}

// awaitHealth waits until everything is up: what ran when the stack was
// stopped comes back by itself, in some seconds.
func (m *Meta) awaitHealth(ctx context.Context, t target, file *hcl.File) (err error) {
	s, err := m.open(t, file.Platform.Namespace, file.Platform.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	deadline, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for said := false; ; {
		statuses, err := s.Statuses(deadline, desire(&file.Platform))
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(statuses, func(j engine.JobStatus) bool { return !j.Up() }) {
			return nil
		}
		if !said {
			fmt.Fprintln(m.Err, "Waiting until everything is healthy.")
			said = true
		}
		select {
		case <-time.After(time.Second):
		case <-deadline.Done():
			return ctx.Err() // the table shows what is not up
		}
	}
}

// devDir returns the state folder of the local stack.
func (m *Meta) devDir() (string, error) {
	if dir := m.Flags.String("dir"); dir != "" {
		return filepath.Abs(dir)
	}
	state, err := m.StateDir()
	return filepath.Join(state, "dev"), err
}

// writeEnv writes a file for a shell to source, readable by its owner alone.
func writeEnv(path string, env []string) error {
	var b strings.Builder
	for _, pair := range env {
		key, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "export %s='%s'\n", key, strings.ReplaceAll(value, "'", `'\''`))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Chmod(path, 0o600)
}
