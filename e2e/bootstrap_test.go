//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// "drover operator bootstrap" prepares a cluster that exists: another
// namespace, its own tokens, and a platform that runs with them. Repeated, it
// changes nothing and keeps the tokens.
func TestBootstrap_ExistingCluster(t *testing.T) {
	operator := newDrover(t)
	operator.env = stack.ManagementEnv()
	out := filepath.Join(t.TempDir(), "drover.env")
	args := []string{"operator", "bootstrap", "-namespace", "team", "-out", out}

	first := operator.must(0, args...)
	require.Contains(t, first.stdout, "created    Nomad: namespace team")
	before, err := os.ReadFile(out)
	require.NoError(t, err)
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	again := operator.must(0, args...)
	for line := range strings.Lines(again.stdout) {
		require.True(t, strings.HasPrefix(line, "unchanged") || strings.HasPrefix(line, "Drover's own tokens"), line)
	}
	after, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "tokens that work are kept")
	for line := range strings.Lines(string(before)) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), "="); strings.HasSuffix(key, "TOKEN") {
			require.NotContains(t, first.stdout+first.stderr, strings.Trim(value, "'"), "a token is written to the file alone")
		}
	}

	d := newDrover(t)
	d.env = envFile(t, out)
	path := writePlatform(t, strings.Replace(platformText("team", "alice"), `platform "team" {}`, `platform "team" {
  namespace = "team"
}`, 1))
	d.must(0, "apply", path)
	require.Equal(t, 2, strings.Count(d.must(0, "status", path).stdout, "healthy"))
	d.must(0, "destroy", "-yes", path)

	policies := operator.must(0, "operator", "policy", "-namespace", "team").stdout
	require.Contains(t, policies, `namespace "team"`)
}

// envFile reads what a shell would by sourcing the file.
func envFile(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var env []string
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok {
			env = append(env, key+"="+strings.Trim(value, "'"))
		}
	}
	return env
}
