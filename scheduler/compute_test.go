package scheduler

import (
	"fmt"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestCompute_NewPlatform(t *testing.T) {
	hub := wantedJob(services.KindHub, "main", "h1")
	runner := wantedJob(services.KindRunner, "gpu", "r1")
	d := desired(wantedJob(services.KindApp, "alice", "a1"), runner, hub, wantedJob(services.KindApp, "bob", "b1"))
	plan := Compute(d, newWorld().observe(d))

	var names []string
	for _, w := range plan.Waves {
		names = append(names, w.Name)
	}
	require.Equal(t, []string{
		"Vault roles, policies and secrets", "volumes", "Hub", "linkage services and runners",
		"Apps, cohort 1 of 2", "Apps, cohort 2 of 2",
	}, names)
	require.Equal(t, Count{Create: 1 + 1 + 3 + 4}, plan.Count())
	require.Zero(t, plan.Unchanged)
	require.Equal(t, Absent, plan.Versions["job/"+string(hub.ID)])
	require.Contains(t, plan.String(), "+ job "+string(hub.ID)+" (does not exist)")
}

func TestCompute_SecondPlanIsEmpty(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindHub, "main", "h1"), wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))

	plan := Compute(d, w.observe(d))
	require.True(t, plan.Empty())
	require.True(t, plan.Settled())
	require.Equal(t, 6, plan.Unchanged)
	require.Empty(t, plan.Adopt)
	require.Empty(t, Examine(d, w.observe(d)), "an untouched job needs no question")
	require.Equal(t, "No changes: 6 objects are as they should be.\n", plan.String())
}

func TestCompute_FileChanged(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))

	d = desired(wantedJob(services.KindApp, "alice", "a2"))
	id := d.Jobs[0].ID
	require.Equal(t, []services.JobID{id}, Examine(d, w.observe(d)))
	have := w.Jobs[id]
	have.Changes = []Change{{Path: "Meta[drover_hash]", Old: "a1", New: "a2"}, {Path: "group[app].Count", Old: "1", New: "2"}}
	w.Jobs[id] = have

	plan := Compute(d, w.observe(d))
	require.Len(t, plan.Waves, 1)
	r := plan.Waves[0].Register[0]
	require.Equal(t, "the platform file changed", r.Reason)
	require.Equal(t, []Change{{Path: "group[app].Count", Old: "1", New: "2"}}, r.Changes, "Drover's own bookkeeping is no change")
	require.True(t, r.Restore)
	require.Equal(t, have.Version, r.Prior)
	require.Equal(t, have.ModifyIndex, r.Expect)
	require.False(t, r.Drift)
}

func TestCompute_ChangedByHand(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	id := d.Jobs[0].ID
	have := w.Jobs[id]
	have.ModifyIndex += 100
	have.Changes = []Change{{Path: "group[app].task[app].Resources.MemoryMB", Old: "64", New: "191"}}
	w.Jobs[id] = have

	require.Equal(t, []services.JobID{id}, Examine(d, w.observe(d)), "a touched job is asked about")
	plan := Compute(d, w.observe(d))
	r := plan.Waves[0].Register[0]
	require.True(t, r.Drift)
	require.Equal(t, "was changed outside Drover", r.Reason)
	require.Contains(t, plan.String(), `group[app].task[app].Resources.MemoryMB: "64" => "191"`)
}

func TestCompute_ForeignJobIsAConflict(t *testing.T) {
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	id := d.Jobs[0].ID
	for name, have := range map[string]ObservedJob{
		"no mark":        {ID: id, ModifyIndex: 7, Hash: "a1"},
		"other platform": {ID: id, ModifyIndex: 7, Owned: true, Platform: "other", Hash: "a1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.Jobs[id] = have
			plan := Compute(d, w.observe(d))
			require.Len(t, plan.Conflicts, 1)
			require.False(t, plan.Empty())
			for _, wave := range plan.Waves {
				require.Empty(t, wave.Register)
				require.Empty(t, wave.Stop)
			}
		})
	}
}

func TestCompute_ForeignSecretIsAConflict(t *testing.T) {
	d := desired(wantedJob(services.KindHub, "main", "h1"))
	w := newWorld()
	w.Secrets[d.Jobs[0].Secrets[0].Path] = ObservedSecret{Version: "3"}
	plan := Compute(d, w.observe(d))
	require.Len(t, plan.Conflicts, 1)
	require.Contains(t, plan.Conflicts[0].Reason, "does not carry Drover's mark")
}

func TestCompute_StopsOnlyWhatIsItsOwn(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindHub, "main", "h1"), wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	w.Jobs["app-somebodyelse"] = ObservedJob{ID: "app-somebodyelse", ModifyIndex: 3, Owned: true, Platform: "other"}
	w.Jobs["postgres"] = ObservedJob{ID: "postgres", ModifyIndex: 4}

	plan := Compute(desired(), w.observe(desired()))
	require.Len(t, plan.Waves, 1)
	require.Len(t, plan.Waves[0].Stop, 2)
	require.Len(t, plan.Waves[0].DeleteGrants, 1)
	require.NoError(t, w.carryOut(plan, all))
	require.Len(t, w.Volumes, 2, "no plan removes a volume")
	require.Len(t, w.Secrets, 1, "no plan removes a secret")
	require.True(t, Compute(desired(), w.observe(desired())).Empty())

	again := Compute(d, w.observe(d))
	require.Equal(t, "is stopped", again.Waves[1].Register[0].Reason)
	require.False(t, again.Waves[1].Register[0].Restore)
	require.Equal(t, Count{Create: 1, Update: 2}, again.Count(), "volumes and secrets are found again")
}

func TestCompute_UnsettledJobIsWaitedFor(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	id := d.Jobs[0].ID
	have := w.Jobs[id]
	have.Settled = false
	w.Jobs[id] = have
	delete(w.Applied, id)

	plan := Compute(d, w.observe(d))
	require.True(t, plan.Empty())
	require.False(t, plan.Settled())
	require.Equal(t, []Wait{{Job: id, Index: have.ModifyIndex, Reason: "its deployment is in progress"}}, plan.Waves[0].Wait)
	require.Len(t, plan.Adopt, 1, "what an interrupted apply registered is remembered")
}

// A job whose deployment failed is looked at, after everything else.
func TestCompute_FailedJobIsLookedAtLast(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	id := d.Jobs[0].ID
	have := w.Jobs[id]
	have.Settled, have.Failed = false, true
	w.Jobs[id] = have

	plan := Compute(desired(d.Jobs[0], wantedJob(services.KindApp, "bob", "b1")), w.observe(d))
	last := plan.Waves[len(plan.Waves)-1]
	require.Equal(t, []Wait{{Job: id, Index: have.ModifyIndex, Reason: "its deployment failed"}}, last.Wait)
	require.Empty(t, last.Register)
	require.Empty(t, plan.Waves[len(plan.Waves)-2].Wait)
}

// What a running job may read changes with the job, not before.
func TestCompute_GrantsChangeWithTheirJobs(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindHub, "main", "h1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))

	d = desired(wantedJob(services.KindHub, "main", "h2"))
	plan := Compute(d, w.observe(d))
	require.Len(t, plan.Waves, 1)
	require.Equal(t, "Hub", plan.Waves[0].Name)
	require.Len(t, plan.Waves[0].WriteGrants, 1)
	require.Len(t, plan.Waves[0].Register, 1)

	d = desired(wantedJob(services.KindHub, "main", "h1"))
	w.rules[d.Jobs[0].Grant.Name] = "changed by a hand"
	plan = Compute(d, w.observe(d))
	require.Len(t, plan.Waves, 1)
	require.Equal(t, "Vault roles, policies and secrets", plan.Waves[0].Name, "the job stays as it is")
}

// What Drover remembers of a job that somebody purged or stopped, and that is
// not wanted any more, is forgotten.
func TestCompute_ForgetsWhatIsGone(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"), wantedJob(services.KindApp, "bob", "b1"), wantedJob(services.KindApp, "carol", "c1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	gone, stopped, wanted := d.Jobs[0].ID, d.Jobs[1].ID, d.Jobs[2]
	delete(w.Jobs, gone)
	have := w.Jobs[stopped]
	have.Stopped = true
	w.Jobs[stopped] = have

	plan := Compute(desired(wanted), w.observe(desired(wanted)))
	require.True(t, plan.Settled())
	require.ElementsMatch(t, []services.JobID{gone, stopped}, plan.Forget)
}

func TestCompute_CountsOfAScalingPolicyStay(t *testing.T) {
	job := wantedJob(services.KindLinkage, "pprl", "l1")
	job.Spec.TaskGroups = []*api.TaskGroup{
		{Name: new("api"), Count: new(1)},
		{Name: new("compute"), Count: new(4), Scaling: &api.ScalingPolicy{Min: new(int64(0)), Max: new(int64(10))}},
	}
	d := desired(job)
	w := newWorld()
	have := ObservedJob{
		ID: job.ID, ModifyIndex: 9, Version: 2, Owned: true, Platform: testPlatform, Kind: job.Kind, Hash: "l1", Settled: true,
		Examined: true, Counts: map[string]int{"api": 1, "compute": 7},
		Changes: []Change{{Path: "group[compute].Count", Old: "7", New: "4"}},
	}
	w.Jobs[job.ID] = have
	require.Equal(t, []services.JobID{job.ID}, Examine(d, w.observe(d)), "counts are no part of the hash")
	require.True(t, Compute(d, w.observe(d)).Empty(), "a count within the bounds is the scaler's")

	have.Hash = "l0"
	w.Jobs[job.ID] = have
	r := Compute(d, w.observe(d)).Waves[0].Register[0]
	require.Equal(t, 7, *r.Job.Spec.TaskGroups[1].Count, "an update keeps the count")
	require.Equal(t, 4, *job.Spec.TaskGroups[1].Count, "the wanted job is not written to")

	have.Hash, have.Counts["compute"] = "l1", 99
	have.Changes[0].Old = "99"
	w.Jobs[job.ID] = have
	require.False(t, Compute(d, w.observe(d)).Empty(), "a count out of bounds is a change")
}

func TestCompute_AVolumeIsNeverChanged(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindApp, "alice", "a1"))
	require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
	volume := *d.Jobs[0].Volume

	plan := Compute(d, w.observe(d))
	require.Equal(t, []AdoptVolume{{Volume: volume, NomadID: string(volume.ID)}}, plan.AdoptVolumes, "a volume that Drover does not remember")

	made := volume
	made.SizeMiB, made.Plugin = 5, "other"
	w.Made = map[services.ID]services.Volume{volume.ID: made}
	plan = Compute(d, w.observe(d))
	require.True(t, plan.Empty())
	require.Empty(t, plan.AdoptVolumes)
	require.Len(t, plan.Notes, 1)
	require.Contains(t, plan.String(), "Note: volume "+string(volume.ID)+` stays as it was made: its size is 5 MiB and not 10 MiB, its plug-in is "other" and not "mkdir".`)

	w.Made[volume.ID] = volume
	require.Empty(t, Compute(d, w.observe(d)).Notes)
}

func TestMoved(t *testing.T) {
	w := newWorld()
	d := desired(wantedJob(services.KindHub, "main", "h1"))
	saved := Compute(d, w.observe(d))
	require.Empty(t, Moved(saved, Compute(d, w.observe(d))))

	w.Jobs[d.Jobs[0].ID] = ObservedJob{ID: d.Jobs[0].ID, ModifyIndex: 7}
	require.Equal(t, []string{fmt.Sprintf("job %s was absent and is at version 7", d.Jobs[0].ID)}, Moved(saved, Compute(d, w.observe(d))))

	w = newWorld()
	require.NoError(t, w.carryOut(saved, all))
	stop := Compute(desired(), w.observe(desired()))
	w.Jobs["app-new"] = ObservedJob{ID: "app-new", ModifyIndex: 70, Owned: true, Platform: testPlatform}
	require.Equal(t, []string{"job app-new is new"}, Moved(stop, Compute(desired(), w.observe(desired()))))
}

func TestCohorts(t *testing.T) {
	for n, want := range map[int][]int{0: nil, 1: {1}, 3: {1, 2}, 5: {1, 4}, 500: {1, 4, 16, 64, 64, 64, 64, 64, 64, 64, 31}} {
		var sizes []int
		total := 0
		for _, c := range Cohorts(make([]struct{}, n)) {
			sizes = append(sizes, len(c))
			total += len(c)
		}
		require.Equal(t, want, sizes)
		require.Equal(t, n, total)
	}
}
