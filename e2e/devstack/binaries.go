package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/drover-platform/drover/services"
)

// Binaries are the paths of the three servers' programs.
type Binaries struct {
	Nomad  string
	Consul string
	Vault  string
}

// tool is one of the three servers.
type tool struct {
	name    string // of the program
	title   string
	env     string  // variable that names a program to use
	minimum version // that Drover works with
	pinned  version // that is built when there is none
	module  string  // main package
	cgo     bool
	noSums  string // modules that the checksum database does not hold
	minutes int    // that a build takes on two cores, for people
}

// tools returns the three servers. Nomad needs 1.10 for dynamic host volumes,
// Consul 1.18 and Vault 1.15 are the oldest that its workload identities are
// documented for.
func tools() []tool {
	return []tool{
		{name: "nomad", title: "Nomad", env: "NOMAD_BIN", minimum: version{1, 10, 0}, pinned: version{1, 11, 3},
			module: "github.com/hashicorp/nomad", cgo: true, minutes: 10},
		{name: "consul", title: "Consul", env: "CONSUL_BIN", minimum: version{1, 18, 0}, pinned: version{1, 22, 2},
			module: "github.com/hashicorp/consul", noSums: "github.com/hashicorp/consul/*", minutes: 10},
		{name: "vault", title: "Vault", env: "VAULT_BIN", minimum: version{1, 15, 0}, pinned: version{1, 21, 1},
			module: "github.com/hashicorp/vault", minutes: 15},
	}
}

// Find returns the programs of the three servers: those that NOMAD_BIN,
// CONSUL_BIN and VAULT_BIN name, else those in PATH that are new enough, else
// those built before in the user's cache, else it builds them, which takes
// minutes and says so on progress.
func Find(ctx context.Context, progress io.Writer) (Binaries, error) {
	return Binaries{}.complete(ctx, progress)
}

// complete finds what is empty.
func (b Binaries) complete(ctx context.Context, progress io.Writer) (Binaries, error) {
	for i, path := range []*string{&b.Nomad, &b.Consul, &b.Vault} {
		if *path != "" {
			continue
		}
		found, err := tools()[i].find(ctx, progress)
		if err != nil {
			return Binaries{}, err
		}
		*path = found
	}
	return b, nil
}

func (t tool) find(ctx context.Context, progress io.Writer) (string, error) {
	if path := os.Getenv(t.env); path != "" {
		v, err := t.version(ctx, path)
		if err != nil {
			return "", services.Errorf(services.CodeInvalid, "%s=%s is not a %s: %w", t.env, path, t.title, err).
				WithHint("Set %s to the program, or unset it", t.env)
		}
		if v.less(t.minimum) {
			return "", services.Errorf(services.CodeInvalid, "%s=%s is version %s, and Drover needs %s or newer", t.env, path, v, t.minimum).
				WithHint("Set %s to a newer program, or unset it", t.env)
		}
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath(t.name); err == nil {
		v, err := t.version(ctx, path)
		if err == nil && !v.less(t.minimum) {
			return filepath.Abs(path)
		}
		if err == nil {
			fmt.Fprintf(progress, "%s in PATH is version %s, older than %s: not used\n", t.title, v, t.minimum)
		} else {
			fmt.Fprintf(progress, "%s is not used: %v\n", path, err)
		}
	}
	return t.build(ctx, progress)
}

// version asks the program for its version.
func (t tool) version(ctx context.Context, path string) (version, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = []string{"PATH=" + agentPath, "HOME=" + os.TempDir()}
	text, err := cmd.Output()
	if err != nil {
		return version{}, fmt.Errorf("run %s version: %w", path, err)
	}
	return parseVersion(t.title, string(text))
}

// version is a release: major, minor, patch.
type version [3]int

var versionPattern = regexp.MustCompile(`(?m)^(\w+) v(\d+)\.(\d+)\.(\d+)`)

// parseVersion reads what "TOOL version" prints: "Nomad v1.11.3" and more.
// What follows the patch, such as "-dev" or "+ent", does not count.
func parseVersion(title, text string) (version, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil || m[1] != title {
		return version{}, errors.New("it does not print a version of " + title)
	}
	var v version
	for i := range v {
		n, err := strconv.Atoi(m[2+i])
		if err != nil {
			return version{}, fmt.Errorf("read version of %s: %w", title, err)
		}
		v[i] = n
	}
	return v, nil
}

func (v version) less(w version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// String returns "1.11.3".
func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }
