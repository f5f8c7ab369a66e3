//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// platformText is a Hub and an App for each user, built in, small.
func platformText(name string, users ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
platform %q {}
volume_class "local" { plugin = "mkdir" }
hub "main" {
  builtin = true
  cpu     = 50
  memory  = "64MiB"
  volume {
    class = "local"
    size  = "10MiB"
    mount = "/data"
  }
  secret "SHARED_SECRET" { generate = "hex:36" }
}
app "labeller" {
  builtin = true
  cpu     = 50
  memory  = "64MiB"
  hub     = "main"
  volume {
    class = "local"
    size  = "10MiB"
    mount = "/data"
  }
  env { WATCHFUL_LOG = "info" }
}
`, name)
	for _, u := range users {
		fmt.Fprintf(&b, "user %q { \n app \"labeller\" {} \n}\n", u)
	}
	return b.String()
}

// indexes returns each job's JobModifyIndex and version.
func indexes(t testing.TB, jobs []*jobspecs.Job) map[services.JobID][2]uint64 {
	t.Helper()
	out := map[services.JobID][2]uint64{}
	for _, job := range jobs {
		info, _, err := nomadClient(t).Jobs().Info(string(job.ID), nil)
		require.NoError(t, err)
		out[job.ID] = [2]uint64{*info.JobModifyIndex, *info.Version}
	}
	return out
}

// runningAlloc returns the one allocation of a job that runs.
func runningAlloc(t testing.TB, id services.JobID) string {
	t.Helper()
	stubs, _, err := nomadClient(t).Jobs().Allocations(string(id), true, nil)
	require.NoError(t, err)
	var running []string
	for _, a := range stubs {
		if a.ClientStatus == api.AllocClientStatusRunning && a.DesiredStatus == api.AllocDesiredStatusRun {
			running = append(running, a.ID)
		}
	}
	require.Len(t, running, 1, "job %s", id)
	return running[0]
}

// byHand changes a job as somebody with their own tools would.
func byHand(t testing.TB, id services.JobID, change func(*api.Job)) {
	t.Helper()
	job, _, err := nomadClient(t).Jobs().Info(string(id), nil)
	require.NoError(t, err)
	change(job)
	_, _, err = nomadClient(t).Jobs().Register(job, nil)
	require.NoError(t, err)
}

func planOf(t testing.TB, r result) scheduler.Plan {
	t.Helper()
	var plan scheduler.Plan
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &plan), r.stdout)
	return plan
}

func TestLifecycle(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, platformText("lifecycle", "alice", "bob", "carol"))
	jobs := jobsOf(t, path)
	hub, alice := jobs[0], jobs[1]

	r := d.must(1, "plan", path)
	require.Contains(t, r.stdout, "Wave 1: Vault roles, policies and secrets")
	require.Contains(t, r.stdout, "+ job "+string(hub.ID))
	r = d.must(0, "apply", path)
	require.Contains(t, r.stdout, "healthy")
	before := indexes(t, jobs)

	t.Run("a second apply registers nothing", func(t *testing.T) {
		require.Contains(t, d.must(0, "plan", path).stdout, "No changes")
		require.Contains(t, d.must(0, "apply", path).stdout, "No changes")
		require.Equal(t, before, indexes(t, jobs))

		elsewhere := newDrover(t)
		require.Contains(t, elsewhere.must(0, "apply", path).stdout, "No changes", "without Drover's state too")
		require.Equal(t, before, indexes(t, jobs))
		require.Contains(t, elsewhere.must(0, "drift").stdout, "No drift", "what was found as wanted is remembered")
	})

	t.Run("status shows everything", func(t *testing.T) {
		out := d.must(0, "status", path).stdout
		require.Equal(t, 4, strings.Count(out, "healthy"), out)
		require.Contains(t, out, "alice")
		require.Contains(t, out, "http://127.0.0.1:")
	})

	t.Run("the secret is in Vault and not in the job", func(t *testing.T) {
		info, _, err := nomadClient(t).Jobs().Info(string(hub.ID), nil)
		require.NoError(t, err)
		text, err := json.Marshal(info)
		require.NoError(t, err)
		value := vaultSecret(t, hub.Secrets[0])
		require.Len(t, value, 72)
		require.NotContains(t, string(text), value)
		require.NotContains(t, d.must(0, "render", path).stdout, value)
		requireNotInFiles(t, d.state, value)
	})

	t.Run("a change by hand is named, and only it", func(t *testing.T) {
		byHand(t, alice.ID, func(job *api.Job) { job.TaskGroups[0].Tasks[0].Resources.MemoryMB = new(96) })
		want := []scheduler.Change{{Path: "group[app].task[app].Resources.MemoryMB", Old: "96", New: "64"}}

		plan := planOf(t, d.must(1, "plan", "-json", path))
		require.Len(t, plan.Waves, 1)
		require.Len(t, plan.Waves[0].Register, 1)
		require.Equal(t, alice.ID, plan.Waves[0].Register[0].Job.ID)
		require.Equal(t, want, plan.Waves[0].Register[0].Changes)
		require.True(t, plan.Waves[0].Register[0].Drift)

		require.Contains(t, d.must(1, "drift").stdout, want[0].String())
		d.must(0, "apply", path)
		require.Contains(t, d.must(0, "drift").stdout, "No drift")
		d.must(0, "plan", path)
	})

	t.Run("a saved plan is refused when anything moved", func(t *testing.T) {
		changed := writePlatform(t, strings.Replace(platformText("lifecycle", "alice", "bob", "carol"), `"info"`, `"debug"`, 1))
		saved := filepath.Join(t.TempDir(), "plan.json")
		d.must(1, "plan", "-out", saved, changed)
		byHand(t, hub.ID, func(job *api.Job) { job.Priority = new(60) })
		moved := indexes(t, jobs)
		r := d.must(1, "apply", saved)
		require.Contains(t, r.stderr, string(hub.ID))
		require.Contains(t, r.stderr, "moved")
		require.Equal(t, moved, indexes(t, jobs), "it is refused as a whole")

		d.must(0, "apply", path)
		d.must(1, "plan", "-out", saved, changed)
		d.must(0, "apply", saved)
		d.must(0, "plan", changed)
		require.Contains(t, d.must(1, "apply", saved).stderr, "moved", "a plan is applied once")
		d.must(0, "apply", path)
	})

	t.Run("a wave that fails is reverted", func(t *testing.T) {
		bad := writePlatform(t, strings.Replace(platformText("lifecycle", "alice", "bob", "carol"), `"info"`, `"shouting"`, 1))
		allocs := map[services.JobID]string{}
		for _, job := range jobs {
			allocs[job.ID] = runningAlloc(t, job.ID)
		}
		r := d.must(1, "apply", bad)
		require.Contains(t, r.stderr+r.stdout, "shouting", "the task's own words")
		require.Contains(t, r.stdout, "reverted")
		untouched := 0
		for _, job := range jobs {
			if !strings.Contains(r.stdout, string(job.ID)) {
				require.Equal(t, allocs[job.ID], runningAlloc(t, job.ID), "%s kept running", job.ID)
				untouched++
			}
		}
		require.Equal(t, len(jobs)-1, untouched, "the Hub and all Apps but the first")
		require.Eventually(t, func() bool { return d.run("plan", path).code == 0 }, waitLimit, waitStep, "everything is as it was")
		require.Eventually(t, func() bool { return strings.Count(d.must(0, "status", path).stdout, "healthy") == 4 }, waitLimit, waitStep)
	})

	t.Run("a foreign job is not touched", func(t *testing.T) {
		other := writePlatform(t, platformText("foreign", "dave"))
		dave := jobsOf(t, other)[1]
		foreign := &api.Job{ID: new(string(dave.ID)), Name: new("mine"), Type: new("batch"), Datacenters: []string{"dc1"}, TaskGroups: []*api.TaskGroup{{
			Name: new("g"), Tasks: []*api.Task{{Name: "t", Driver: "mock_driver", Config: map[string]any{"run_for": "1h"}}},
		}}}
		_, _, err := nomadClient(t).Jobs().Register(foreign, nil)
		require.NoError(t, err)
		r := d.must(1, "apply", other)
		require.Contains(t, r.stderr, "does not carry Drover's mark")
		_, _, err = nomadClient(t).Jobs().Info(string(jobsOf(t, other)[0].ID), nil)
		require.ErrorContains(t, err, "404", "nothing else was applied either")
		_, _, err = nomadClient(t).Jobs().Deregister(string(dave.ID), true, nil)
		require.NoError(t, err)
	})

	t.Run("destroy keeps volumes and secrets", func(t *testing.T) {
		secret := vaultSecret(t, hub.Secrets[0])
		r := d.must(1, "destroy", path)
		require.Contains(t, r.stderr, "-yes", "it asks first")
		d.must(0, "destroy", "-yes", path)
		for _, job := range jobs {
			info, _, err := nomadClient(t).Jobs().Info(string(job.ID), nil)
			require.NoError(t, err)
			require.True(t, *info.Stop)
		}
		volumes, _, err := nomadClient(t).HostVolumes().List(&api.HostVolumeListRequest{}, nil)
		require.NoError(t, err)
		names := map[string]bool{}
		for _, v := range volumes {
			names[v.Name] = true
		}
		for _, job := range jobs {
			require.True(t, names[string(job.Volume.ID)])
		}
		require.Equal(t, secret, vaultSecret(t, hub.Secrets[0]))
		d.must(0, "apply", path)
		require.Equal(t, secret, vaultSecret(t, hub.Secrets[0]), "a secret is generated once")
		d.must(0, "destroy", "-yes", path)
	})
}

// requireNotInFiles fails when a file below dir holds the value.
func requireNotInFiles(t testing.TB, dir, value string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.NotContains(t, string(text), value, path)
		return err
	}))
}
