//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The built-in workloads run from an image built FROM scratch, by Docker, as
// they do by exec.
func TestDocker(t *testing.T) {
	if !stack.Docker {
		if os.Getenv("DROVER_REQUIRE_DOCKER") != "" {
			t.Fatal("a Docker engine is required and none answers")
		}
		t.Skip("no Docker engine answers on this machine")
	}
	const image = "drover.local/drover:e2e"
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "bin"), 0o755))
	copyFile(t, droverPath, filepath.Join(dir, "bin", "drover"))
	copyFile(t, "../Dockerfile", filepath.Join(dir, "Dockerfile"))
	build := exec.Command("docker", "build", "-t", image, dir)
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })

	text := strings.ReplaceAll(platformText("docker", "alice"), "builtin = true", "builtin = true\n  image = \""+image+"\"")
	path := writePlatform(t, text)
	d := newDrover(t)
	d.must(0, "apply", path)
	require.Equal(t, 2, strings.Count(d.must(0, "status", path).stdout, "healthy"))
	alice := appURL(t, d, path, "alice")
	sample := sampleCSV(t, 500)
	uploadCSV(t, alice, sample)
	require.True(t, bytes.Equal(sample, exportCSV(t, alice)))
	d.must(0, "destroy", "-yes", path)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o755))
}
