//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"
)

// What Nomad cannot place is said by the plan, with the reason.
func TestPlan_SaysWhatCannotBePlaced(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, strings.Replace(platformText("unplaced", "alice"), "app \"labeller\" {", `app "labeller" {
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "plan9"
  }`, 1))
	alice := jobsOf(t, path)[1]
	r := d.must(1, "plan", path)
	require.Contains(t, r.stdout, "! job "+string(alice.ID)+`, group "app": 1 allocation cannot be placed on any node of this cluster: 1 node filtered by "${attr.kernel.name} = plan9"`)
	plan := planOf(t, d.must(1, "plan", "-json", path))
	require.Len(t, plan.Unplaced, 1)
	require.True(t, plan.Unplaced[0].Never)
}

// What no node could ever give is a diagnostic at its place in the file, and
// nothing is applied.
func TestPlan_MoreThanAnyNodeHas(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, strings.Replace(platformText("enormous", "alice"), `memory  = "64MiB"`, `memory  = "64TiB"`, 2))
	for command, code := range map[string]int{"plan": 255, "apply": 1} {
		r := d.must(code, command, path)
		require.Contains(t, r.stderr, path)
		require.Contains(t, r.stderr, `memory  = "64TiB"`, "the snippet")
	}
	_, _, err := nomadClient(t).Jobs().Info(string(jobsOf(t, path)[0].ID), nil)
	require.ErrorContains(t, err, "404")
}

const linkageText = `
platform "scaling" {}
linkage "pprl" {
  driver = "mock_driver"
  api {
    cpu    = 10
    memory = "16MiB"
  }
  workers "compute" {
    count  = COUNT
    min    = 1
    max    = 5
    cpu    = 10
    memory = "16MiB"
    queues = ["compute"]
  }
}
`

// A count that changes restarts nobody, and a count that somebody scaled
// within its bounds is theirs.
func TestApply_CountsChangeInPlace(t *testing.T) {
	d := newDrover(t)
	two := writePlatform(t, strings.Replace(linkageText, "COUNT", "2", 1))
	three := writePlatform(t, strings.Replace(linkageText, "COUNT", "3", 1))
	id := string(jobsOf(t, two)[0].ID)
	d.must(0, "apply", two)
	before := runningAllocs(t, id)
	require.Len(t, before, 3, "the API and two workers")

	_, _, err := nomadClient(t).Jobs().Scale(id, "compute", new(4), "by hand", false, nil, nil)
	require.NoError(t, err)
	d.must(0, "plan", two)
	d.must(0, "drift", two)
	require.Contains(t, d.must(0, "apply", two).stdout, "No changes")
	require.Eventually(t, func() bool { return len(runningAllocs(t, id)) == 5 }, waitLimit, waitStep)
	requireStillRunning(t, id, before)

	_, _, err = nomadClient(t).Jobs().Scale(id, "compute", new(2), "back", false, nil, nil)
	require.NoError(t, err)
	require.Contains(t, d.must(0, "apply", three).stdout, "No changes", "the count belongs to whoever scales")

	fixed := writePlatform(t, strings.Replace(strings.Replace(linkageText, "COUNT", "3", 1), "min    = 1\n    max    = 5\n", "", 1))
	require.Eventually(t, func() bool { return len(runningAllocs(t, id)) == 3 }, waitLimit, waitStep)
	before = runningAllocs(t, id)
	require.Contains(t, d.must(1, "plan", fixed).stdout, `group[compute].Count: "2" => "3"`)
	d.must(0, "apply", fixed)
	require.Eventually(t, func() bool { return len(runningAllocs(t, id)) == 4 }, waitLimit, waitStep)
	requireStillRunning(t, id, before)
	d.must(0, "plan", fixed)
	d.must(0, "destroy", "-yes", two)
}

func requireStillRunning(t testing.TB, id string, before map[string]bool) {
	t.Helper()
	now := runningAllocs(t, id)
	for alloc := range before {
		require.True(t, now[alloc], "allocation %s was replaced", alloc)
	}
}

// runningAllocs returns the allocations of a job that run.
func runningAllocs(t testing.TB, id string) map[string]bool {
	t.Helper()
	stubs, _, err := nomadClient(t).Jobs().Allocations(id, false, nil)
	require.NoError(t, err)
	out := map[string]bool{}
	for _, a := range stubs {
		if a.ClientStatus == api.AllocClientStatusRunning && a.DesiredStatus == api.AllocDesiredStatusRun {
			out[a.ID] = true
		}
	}
	return out
}
