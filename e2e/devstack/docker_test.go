//go:build e2e

package devstack

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A container reads its secret, which Nomad puts into a mount that only a
// shared state folder shows to the engine, and is gone with the stack.
func TestDocker(t *testing.T) {
	if !dockerAnswers(t.Context()) {
		if os.Getenv("DROVER_REQUIRE_DOCKER") != "" {
			t.Fatal("a Docker engine is required and none answers")
		}
		t.Skip("no Docker engine answers at " + dockerSocket)
	}
	const image = "drover.local/devstack-helper:test"
	program := helper(t)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(program), "Dockerfile"), []byte("FROM scratch\nCOPY helper /helper\nENTRYPOINT [\"/helper\"]\n"), 0o644))
	out, err := exec.Command("docker", "build", "-t", image, filepath.Dir(program)).CombinedOutput()
	require.NoError(t, err, string(out))
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })

	dir := t.TempDir()
	s := start(t, Config{Dir: dir})
	require.True(t, s.Docker)
	job := web()
	group := job["Job"].(object)["TaskGroups"].([]object)[0]
	group["Networks"] = []object{{"DynamicPorts": []object{{"Label": "http", "To": 8080}}}}
	task := group["Tasks"].([]object)[0]
	task["Driver"] = "docker"
	task["Config"] = object{"image": image, "ports": []string{"http"}}
	task["Env"] = object{"ADDRESS": ":8080", "SAVE": "${NOMAD_ALLOC_DIR}/data/saved"}
	require.NoError(t, s.managed("vault").call(t.Context(), http.MethodPost, secretPath, object{"data": object{"value": "hush"}}, nil))
	require.NoError(t, s.drover("nomad").call(t.Context(), http.MethodPut, "/v1/jobs?namespace=drover", job, nil))
	findWeb(t, s, "hush")
	// A restarted agent finds the container again.
	before := containers(t, s)
	require.Len(t, before, 1)
	require.NoError(t, s.Server("nomad").Kill(t.Context()))
	require.NoError(t, s.Server("nomad").Start(t.Context()))
	findWeb(t, s, "hush")
	require.Equal(t, before, containers(t, s))

	require.NoError(t, s.Stop(t.Context()))
	require.Empty(t, containers(t, s))
	requireGone(t, dir, s.Node, nil)
	saved, err := filepath.Glob(filepath.Join(dir, "nomad/data/alloc/*/alloc/data/saved"))
	require.NoError(t, err)
	require.Len(t, saved, 1, "the container was not given time to save")

	again := start(t, Config{Dir: dir})
	findWeb(t, again, "hush")
}

// containers lists the IDs of the stack's containers, stopped ones included.
func containers(t *testing.T, s *Stack) []string {
	t.Helper()
	out, err := exec.Command("docker", "ps", "-aq", "--filter", "label=com.hashicorp.nomad.node_name="+s.Node).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}
