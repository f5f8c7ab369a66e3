//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
)

// An apply is killed with SIGKILL as soon as it says that a wave has begun,
// and again when it says that the wave's first object was written, for every
// wave. The next apply finishes the job: every job was registered once, every
// volume made once, every secret generated once.
func TestApply_KilledAtEveryWave(t *testing.T) {
	users := []string{"alice", "bob"}
	const waves = 5 // access, volumes, Hub, Apps 1, Apps 2
	for wave := 1; wave <= waves; wave++ {
		for _, moment := range []string{"begun", "written"} {
			t.Run(fmt.Sprintf("wave %d %s", wave, moment), func(t *testing.T) {
				t.Parallel()
				name := fmt.Sprintf("killed-%d-%s", wave, moment)
				path := writePlatform(t, platformText(name, users...))
				jobs := jobsOf(t, path)
				d := newDrover(t)
				killApply(t, d.command("apply", path), wave, moment == "written")

				r := d.must(0, "apply", path)
				require.NotContains(t, r.stdout, "reverted")
				requireOnce(t, jobs)
				require.Contains(t, d.must(0, "plan", path).stdout, "No changes")
				require.Contains(t, d.must(0, "drift").stdout, "No drift")
				d.must(0, "destroy", "-yes", path)
			})
		}
	}
}

// killApply starts an apply and kills it at a wave.
func killApply(t *testing.T, cmd *exec.Cmd, wave int, written bool) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	begin := fmt.Sprintf("==> Wave %d of", wave)
	begun := false
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if begun || strings.HasPrefix(lines.Text(), begin) {
			if begun || !written {
				require.NoError(t, cmd.Process.Kill())
				break
			}
			begun = true
		}
	}
	for lines.Scan() { // drain
	}
	require.ErrorContains(t, cmd.Wait(), "killed", "the apply was over before it could be killed")
}

// requireOnce checks that nothing of the jobs exists twice.
func requireOnce(t *testing.T, jobs []*jobspecs.Job) {
	t.Helper()
	volumes, _, err := nomadClient(t).HostVolumes().List(&api.HostVolumeListRequest{}, nil)
	require.NoError(t, err)
	count := map[string]int{}
	for _, v := range volumes {
		count[v.Name]++
	}
	for _, job := range jobs {
		require.Equal(t, 1, count[string(job.Volume.ID)], "volume of %s", job.ID)
		info, _, err := nomadClient(t).Jobs().Info(string(job.ID), nil)
		require.NoError(t, err)
		require.Zero(t, *info.Version, "job %s was registered once", job.ID)
		runningAlloc(t, job.ID)
		for _, s := range job.Secrets {
			require.Len(t, vaultSecret(t, s), 72)
			require.Equal(t, 1, vaultVersion(t, s), "secret %s was generated once", s.Path)
		}
	}
}
