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
	"github.com/drover-platform/drover/services"
)

// The moments at which an apply is killed: as soon as it says that a wave has
// begun, and when it says that the wave's first object was written.
var moments = []string{"begun", "written"}

// killedText is a platform with something in every wave.
func killedText(name, level, memory string, users ...string) string {
	text := strings.Replace(platformText(name, users...), `"info"`, `"`+level+`"`, 1)
	text = strings.Replace(text, `secret "SHARED_SECRET"`, `env { WATCHFUL_LOG = "`+level+`" }`+"\n  "+`secret "SHARED_SECRET"`, 1)
	return text + `
linkage "pprl" {
  driver = "mock_driver"
  api {
    cpu    = 10
    memory = "` + memory + `"
  }
  workers "compute" {
    count  = 1
    cpu    = 10
    memory = "` + memory + `"
    queues = ["compute"]
  }
}
`
}

// An apply is killed with SIGKILL at every wave. The next apply finishes the
// job: every job was registered once, every volume made once, every secret
// generated once.
func TestApply_KilledAtEveryWave(t *testing.T) {
	const waves = 6 // access, volumes, Hub, linkage, Apps 1, Apps 2
	for wave := 1; wave <= waves; wave++ {
		for _, moment := range moments {
			t.Run(fmt.Sprintf("wave %d %s", wave, moment), func(t *testing.T) {
				t.Parallel()
				name := fmt.Sprintf("killed-%d-%s", wave, moment)
				path := writePlatform(t, killedText(name, "info", "16MiB", "alice", "bob"))
				d := newDrover(t)
				killApply(t, d.command("apply", path), wave, waves, moment == "written")

				r := d.must(0, "apply", path)
				require.NotContains(t, r.stdout, "reverted")
				requireOnce(t, jobsOf(t, path), 0)
				require.Contains(t, d.must(0, "plan", path).stdout, "No changes")
				require.Contains(t, d.must(0, "drift").stdout, "No drift")
				d.must(0, "destroy", "-yes", path)
			})
		}
	}
}

// The same for an apply that changes everything that runs and stops what is no
// longer wanted: every job is updated once, and the volume of the user who left
// stays.
func TestApply_KilledAtEveryWaveOfAnUpdate(t *testing.T) {
	const waves = 5 // Hub, linkage, Apps 1, Apps 2, removal
	for wave := 1; wave <= waves; wave++ {
		for _, moment := range moments {
			t.Run(fmt.Sprintf("wave %d %s", wave, moment), func(t *testing.T) {
				t.Parallel()
				name := fmt.Sprintf("updated-%d-%s", wave, moment)
				before := writePlatform(t, killedText(name, "info", "16MiB", "alice", "bob", "carol"))
				after := writePlatform(t, killedText(name, "debug", "17MiB", "alice", "bob"))
				d := newDrover(t)
				d.must(0, "apply", before)
				killApply(t, d.command("apply", "-yes", after), wave, waves, moment == "written")

				r := d.must(0, "apply", "-yes", after)
				require.NotContains(t, r.stdout, "reverted")
				kept := jobsOf(t, after)
				requireOnce(t, kept, 1)
				for _, job := range jobsOf(t, before) {
					if job.Volume != nil {
						require.Equal(t, 1, volumesNamed(t, job.Volume.ID))
					}
				}
				require.Contains(t, d.must(0, "plan", after).stdout, "No changes")
				require.Contains(t, d.must(0, "drift").stdout, "No drift")
				d.must(0, "destroy", "-yes", after)
			})
		}
	}
}

// killApply starts an apply and kills it at a wave.
func killApply(t *testing.T, cmd *exec.Cmd, wave, waves int, written bool) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	begin := fmt.Sprintf("==> Wave %d of %d:", wave, waves)
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

// requireOnce checks that nothing of the jobs exists twice, that each runs, and
// that each is at a version: 0 was registered once, 1 was updated once.
func requireOnce(t *testing.T, jobs []*jobspecs.Job, version uint64) {
	t.Helper()
	for _, job := range jobs {
		info, _, err := nomadClient(t).Jobs().Info(string(job.ID), nil)
		require.NoError(t, err)
		require.Equal(t, version, *info.Version, "version of job %s", job.ID)
		if job.Volume != nil {
			require.Equal(t, 1, volumesNamed(t, job.Volume.ID), "volume of %s", job.ID)
			runningAlloc(t, job.ID)
		}
		for _, s := range job.Secrets {
			require.Len(t, vaultSecret(t, s), 72)
			require.Equal(t, 1, vaultVersion(t, s), "secret %s was generated once", s.Path)
		}
	}
}

// volumesNamed counts the volumes of a name.
func volumesNamed(t *testing.T, id services.ID) int {
	t.Helper()
	volumes, _, err := nomadClient(t).HostVolumes().List(&api.HostVolumeListRequest{}, nil)
	require.NoError(t, err)
	n := 0
	for _, v := range volumes {
		if v.Name == string(id) {
			n++
		}
	}
	return n
}
