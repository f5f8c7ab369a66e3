// Command drover runs annotation, record-linkage and GPU-experiment platforms
// on Nomad, Consul and Vault.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/drover-platform/drover/cli"
	"github.com/drover-platform/drover/e2e/devstack"
)

// version is set by the linker.
var version = "dev"

func main() {
	// "drover dev" runs this program again, as the parent of its servers.
	if devstack.IsSupervisor() {
		os.Exit(devstack.SupervisorMain())
	}
	os.Exit(run())
}

// run lets the first interrupt end the command gracefully; a second one ends
// the process at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	s := cli.Streams{
		In:          os.Stdin,
		Out:         os.Stdout,
		Err:         os.Stderr,
		Env:         os.LookupEnv,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Version:     version,
	}
	if width, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		s.Width = width
	}
	return cli.Run(ctx, os.Args[1:], s)
}
