//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// "drover dev" with the example checks itself and ends; started again in the
// same folder it finds everything as it was, stays up, and takes everything
// with it on Ctrl-C.
func TestDev(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dev")
	d := newDrover(t)
	d.env = []string{"NOMAD_BIN=" + os.Getenv("NOMAD_BIN"), "CONSUL_BIN=" + os.Getenv("CONSUL_BIN"), "VAULT_BIN=" + os.Getenv("VAULT_BIN"), "HOME=" + os.Getenv("HOME")}
	out := d.must(0, "dev", "-check", "-dir", dir, "../examples/platform.hcl").stdout
	require.Equal(t, 5, strings.Count(out, "ok  "), out)
	require.Contains(t, out, "12000 rows")
	require.Contains(t, out, "All checks passed.")
	requireGone(t, dir)

	cmd := d.command("dev", "-dir", dir, "../examples/platform.hcl")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var seen strings.Builder
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		seen.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Ctrl-C stops everything") {
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		}
	}
	require.NoError(t, cmd.Wait(), "%s%s", seen.String(), stderr.String())
	require.Contains(t, seen.String(), "No changes")
	require.Equal(t, 4, strings.Count(seen.String(), "healthy"), seen.String())
	requireGone(t, dir)
}

// requireGone checks that no process has to do with the folder and that
// nothing is mounted below it.
func requireGone(t *testing.T, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	require.NotContains(t, string(mounts), dir)
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, p := range processes {
		line, err := os.ReadFile(p)
		if err == nil { // it may have ended meanwhile
			require.NotContains(t, string(line), dir, p)
		}
	}
}
