package devstack

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/services"
)

// Config says where a stack lives and what it runs.
type Config struct {
	// Dir is the state folder. It is made when missing and stays after Stop.
	Dir string

	// Binaries of the three servers; empty ones are found by [Find].
	Binaries Binaries

	// DroverBinary is a static program that exec tasks find as /bin/drover. ""
	// gives them none.
	DroverBinary string

	// Namespace of the platform in Nomad; "" is bootstrap.DefaultNamespace.
	Namespace string

	// NoDocker keeps Nomad from using a Docker engine that answers.
	NoDocker bool

	Progress io.Writer    // lines for people; nil discards them
	Logger   hclog.Logger // nil logs nothing
}

// droverInTask is where exec tasks find Config.DroverBinary.
const droverInTask = "/bin/drover"

func (c *Config) complete() error {
	if runtime.GOOS != "linux" {
		return services.Errorf(services.CodeInvalid, "the local stack runs on Linux only, not on %s", runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		return services.Errorf(services.CodeForbidden, "the local stack needs root: Nomad's exec driver makes namespaces, cgroups and mounts").
			WithHint("Run it with sudo, keeping the environment: sudo -E")
	}
	if c.Dir == "" {
		return services.Errorf(services.CodeInvalid, "the local stack has no state folder").WithHint("Set Config.Dir")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make state folder: %w", err)
	}
	// Mount tables name the real path.
	if c.Dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	if c.Namespace == "" {
		c.Namespace = bootstrap.DefaultNamespace
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if c.Logger == nil {
		c.Logger = hclog.NewNullLogger()
	}
	if c.DroverBinary != "" {
		return checkStatic(c.DroverBinary)
	}
	return nil
}

// checkStatic returns an error unless path is a program that runs where there
// are no libraries, as in a task's root.
func checkStatic(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return services.Errorf(services.CodeInvalid, "%s is not a Linux program: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // read only
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return services.Errorf(services.CodeInvalid, "%s is linked dynamically and cannot run in a task's root", path).
				WithHint("Build it with CGO_ENABLED=0")
		}
	}
	return nil
}
