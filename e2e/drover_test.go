//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/jobspecs"
)

// drover is the binary under test with one state folder, as one operator uses
// it.
type drover struct {
	t     testing.TB
	state string
	env   []string
}

// result is what one command did.
type result struct {
	code   int
	stdout string
	stderr string
}

func newDrover(t testing.TB) *drover {
	return &drover{t: t, state: filepath.Join(t.TempDir(), "state"), env: stack.Env()}
}

// command prepares a command without starting it.
func (d *drover) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(d.t.Context(), droverPath, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(d.state), "DROVER_STATE=" + d.state}, d.env...)
	return cmd
}

// run runs a command to its end.
func (d *drover) run(args ...string) result {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := d.command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		d.t.Fatalf("drover %v: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// must runs a command that has to exit with code.
func (d *drover) must(code int, args ...string) result {
	d.t.Helper()
	r := d.run(args...)
	require.Equal(d.t, code, r.code, "drover %v\nstdout:\n%s\nstderr:\n%s", args, r.stdout, r.stderr)
	return r
}

// with returns an operator whose environment differs: "KEY=value" pairs.
func (d *drover) with(pairs ...string) *drover {
	other := *d
	other.env = append(slices.Clone(d.env), pairs...)
	return &other
}

// writePlatform writes a platform file and returns its path.
func writePlatform(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "platform.hcl")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// jobsOf renders a platform file in this process, to learn its IDs.
func jobsOf(t testing.TB, path string) []*jobspecs.Job {
	t.Helper()
	file, diags := hcl.Load(path, hcl.Options{})
	require.False(t, diags.HasErrors(), "%s", diags)
	return jobspecs.Jobs(&file.Platform)
}
