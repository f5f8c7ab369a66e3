//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/e2e/devstack"
)

// One stack serves all tests of the package: starting it takes some seconds,
// and platforms with different names leave each other alone.
var (
	stack      *devstack.Stack
	droverPath string // the binary under test
)

func TestMain(m *testing.M) {
	if devstack.IsSupervisor() {
		os.Exit(devstack.SupervisorMain())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "drover-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	droverPath = filepath.Join(dir, "drover")
	build := exec.Command("go", "build", "-o", droverPath, "../cli/drover")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build drover:", err)
		return 1
	}
	stack, err = devstack.Start(ctx, devstack.Config{Dir: filepath.Join(dir, "stack"), DroverBinary: droverPath, Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the stack:", err)
		return 1
	}
	defer func() {
		if err := stack.Stop(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintln(os.Stderr, "stop the stack:", err)
		}
	}()
	return m.Run()
}

// nomadClient is a client with management rights, for what a person's hand would
// do and for checks that Drover's own token may not make.
func nomadClient(t testing.TB) *api.Client {
	t.Helper()
	c, err := sharedNomad()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sharedNomad is one client for all tests: Nomad takes only so many
// connections from one address.
var sharedNomad = sync.OnceValues(func() (*api.Client, error) {
	return api.NewClient(&api.Config{Address: stack.Nomad, SecretID: stack.Management.Nomad.Reveal(), Namespace: "drover"})
})
