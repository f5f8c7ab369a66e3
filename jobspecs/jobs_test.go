package jobspecs_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// everything is one platform with all sorts of nouns in it.
func everything() *services.Platform {
	all := cases()
	p := platform()
	p.Hub = all["secrets-and-s3"].Hub
	p.Apps = append(all["docker-app-cores"].Apps, all["mock-app"].Apps...)
	p.Apps[1].ID = services.Derive(services.KindApp, "acme", "bob", "labeller")
	p.Linkages = all["linkage"].Linkages
	p.Runners = all["gpu-runner"].Runners
	return p
}

func TestJobs_Order(t *testing.T) {
	var kinds []services.Kind
	for _, job := range jobspecs.Jobs(everything()) {
		kinds = append(kinds, job.Kind)
		require.Equal(t, job.Kind, job.ID.Kind())
		require.Equal(t, string(job.ID), *job.Spec.ID)
		require.Equal(t, string(job.ID), *job.Spec.Name)
	}
	require.Equal(t, []services.Kind{"hub", "linkage", "runner", "app", "app"}, kinds)
}

func TestJobs_Meta(t *testing.T) {
	for _, job := range jobspecs.Jobs(everything()) {
		meta := job.Spec.Meta
		require.True(t, jobspecs.Owned(meta))
		require.True(t, jobspecs.OwnedBy(meta, "acme"))
		require.False(t, jobspecs.OwnedBy(meta, "other"))
		require.Equal(t, job.Kind, jobspecs.KindOf(meta))
		require.Equal(t, job.Hash, jobspecs.HashOf(meta))
		require.Equal(t, job.Hash, jobspecs.Hash(job.Spec), "the hash does not depend on where it is written")
		require.Equal(t, job.Kind == services.KindApp, meta[jobspecs.MetaOwner] != "")
	}
	require.False(t, jobspecs.Owned(nil))
	require.False(t, jobspecs.Owned(map[string]string{jobspecs.MetaManagedBy: "terraform"}))
}

func TestJobs_LeaveThePlatformAlone(t *testing.T) {
	p := everything()
	before, err := json.Marshal(p)
	require.NoError(t, err)
	jobspecs.Jobs(p)
	after, err := json.Marshal(p)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestJobs_NoNames(t *testing.T) {
	for name, p := range cases() {
		t.Run(name, func(t *testing.T) {
			for _, job := range jobspecs.Jobs(p) {
				spec, err := json.Marshal(job)
				require.NoError(t, err)
				require.NotContains(t, string(spec), userName)
				require.NotContains(t, string(jobspecs.Render(job.Spec)), userName)
			}
		})
	}
}

// TestJobs_SingleWriter checks what keeps a second writer from a volume.
func TestJobs_SingleWriter(t *testing.T) {
	for _, job := range jobspecs.Jobs(everything()) {
		if job.Kind != services.KindApp && job.Kind != services.KindHub {
			require.Nil(t, job.Volume)
			continue
		}
		require.Len(t, job.Spec.TaskGroups, 1)
		group := job.Spec.TaskGroups[0]
		require.Len(t, group.Tasks, 1)
		require.Equal(t, 1, *group.Count)
		require.Nil(t, group.Scaling)
		require.Zero(t, *group.Update.Canary)
		require.Greater(t, *group.Update.ProgressDeadline, *group.Update.HealthyDeadline)
		require.Zero(t, *group.ReschedulePolicy.Attempts)
		require.True(t, *group.ReschedulePolicy.Unlimited, "what could not be set up is tried again")
		require.False(t, *group.Disconnect.Replace)
		require.NotNil(t, group.Disconnect.StopOnClientAfter)
		require.Nil(t, group.Disconnect.LostAfter)
		if job.Volume == nil {
			require.Empty(t, group.Volumes)
			continue
		}
		volume := group.Volumes["data"]
		require.Equal(t, string(job.Volume.ID), volume.Source)
		require.Equal(t, "single-node-single-writer", volume.AccessMode)
		require.True(t, volume.Sticky)
		require.Equal(t, job.Volume.Mount, *group.Tasks[0].VolumeMounts[0].Destination)
		require.False(t, *group.Tasks[0].VolumeMounts[0].ReadOnly)
	}
}

func TestJobs_LogsFitTheDisk(t *testing.T) {
	for _, job := range jobspecs.Jobs(everything()) {
		for _, group := range job.Spec.TaskGroups {
			logs := 0
			for _, task := range group.Tasks {
				logs += 2 * *task.LogConfig.MaxFiles * *task.LogConfig.MaxFileSizeMB // stdout and stderr
			}
			require.Less(t, logs, *group.EphemeralDisk.SizeMB)
		}
	}
}

func TestJobs_NodePool(t *testing.T) {
	pool := func(p *services.Platform) string { return *jobspecs.Jobs(p)[0].Spec.NodePool }

	p := platform()
	p.Apps = []services.App{app(builtin(services.DriverExec))}
	require.Equal(t, "apps", pool(p), "where the volume is")
	p.Apps[0].Workload.NodePool = "big"
	require.Equal(t, "big", pool(p))
	p.Apps[0].Workload.NodePool, p.Apps[0].Volume = "", nil
	require.Equal(t, "default", pool(p))

	p = platform()
	p.Linkages = []services.Linkage{linkage("one", "one", "one")}
	require.Equal(t, "one", pool(p))
	p.Linkages = []services.Linkage{linkage("default", "", "default")}
	require.Equal(t, "default", pool(p))
	p.Linkages = []services.Linkage{linkage("one", "two", "one")}
	require.Equal(t, "all", pool(p))
	for i, want := range []string{"one", "two", "one"} {
		group := jobspecs.Jobs(p)[0].Spec.TaskGroups[i]
		last := group.Constraints[len(group.Constraints)-1]
		require.Equal(t, "${node.pool}", last.LTarget)
		require.Equal(t, want, last.RTarget)
	}
}

// TestJobs_Command checks how Drover's own servers learn where to listen.
func TestJobs_Command(t *testing.T) {
	for name, test := range map[string]struct {
		driver services.Driver
		volume bool
		want   []string
	}{
		"exec":                  {services.DriverExec, true, []string{"workload", "app", "-listen", "${NOMAD_ADDR_http}", "-home", "/root/watchful"}},
		"exec without a volume": {services.DriverExec, false, []string{"workload", "app", "-listen", "${NOMAD_ADDR_http}", "-home", "${NOMAD_TASK_DIR}/home"}},
		"raw_exec":              {services.DriverRawExec, false, []string{"workload", "app", "-listen", "${NOMAD_ADDR_http}", "-home", "${NOMAD_TASK_DIR}/home"}},
		"docker":                {services.DriverDocker, true, []string{"workload", "app", "-listen", "0.0.0.0:9001", "-home", "/root/watchful"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := platform()
			a := app(builtin(test.driver))
			if !test.volume {
				a.Volume = nil
			}
			p.Apps = []services.App{a}
			group := jobspecs.Jobs(p)[0].Spec.TaskGroups[0]
			require.Equal(t, test.want, group.Tasks[0].Config["args"])
			to := 0
			if test.driver == services.DriverDocker {
				to = 9001
				require.Equal(t, []string{"http"}, group.Tasks[0].Config["ports"])
			}
			require.Equal(t, to, group.Networks[0].DynamicPorts[0].To)
		})
	}
}
