package nomad

import (
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/scheduler"
)

func TestChanges(t *testing.T) {
	diff := &api.JobDiff{
		Type:   "Edited",
		Fields: []*api.FieldDiff{{Type: "None", Name: "Priority", Old: "50", New: "50"}, {Type: "Edited", Name: "Meta[team]", Old: "a", New: "b"}},
		Objects: []*api.ObjectDiff{
			{Type: "None", Name: "Spread", Fields: []*api.FieldDiff{{Type: "Edited", Name: "Weight", Old: "1", New: "2"}}},
			{Type: "Added", Name: "Constraint", Fields: []*api.FieldDiff{{Type: "Added", Name: "LTarget", New: "${attr.os}"}}},
		},
		TaskGroups: []*api.TaskGroupDiff{
			{Type: "Edited", Name: "app", Tasks: []*api.TaskDiff{
				{Type: "Edited", Name: "app", Objects: []*api.ObjectDiff{{Type: "Edited", Name: "Resources", Fields: []*api.FieldDiff{{Type: "Edited", Name: "MemoryMB", Old: "64", New: "96"}}}}},
				{Type: "Deleted", Name: "sidecar"},
			}},
			{Type: "Added", Name: "extra"},
		},
	}
	require.Equal(t, []scheduler.Change{
		{Path: "Meta[team]", Old: "a", New: "b"},
		{Path: "Constraint.LTarget", New: "${attr.os}"},
		{Path: "group[app].task[app].Resources.MemoryMB", Old: "64", New: "96"},
		{Path: "group[app].task[sidecar]", Old: "removed"},
		{Path: "group[extra]", New: "added"},
	}, changes(diff))
	require.Empty(t, changes(nil))
}

func TestUnplaced(t *testing.T) {
	for name, c := range map[string]struct {
		metric *api.AllocationMetric
		want   string
		never  bool
	}{
		"no node": {&api.AllocationMetric{NodePool: "gpu"},
			`1 allocation cannot be placed on any node of this cluster: no ready node in node pool "gpu" (0 in the pool) and the job's datacenters`, true},
		"constraints": {&api.AllocationMetric{NodesEvaluated: 3, NodesFiltered: 3, CoalescedFailures: 1, ConstraintFiltered: map[string]int{"missing devices": 2, "${attr.os} = plan9": 1}},
			`2 allocations cannot be placed on any node of this cluster: 1 node filtered by "${attr.os} = plan9"; 2 nodes filtered by "missing devices"`, true},
		"exhausted": {&api.AllocationMetric{NodesEvaluated: 2, NodesExhausted: 2, DimensionExhausted: map[string]int{"memory": 2}},
			`1 allocation cannot be placed now: 2 nodes without enough free memory`, false},
		"quota": {&api.AllocationMetric{NodesEvaluated: 1, QuotaExhausted: []string{"team (cpu)"}},
			`1 allocation cannot be placed now: quota team (cpu) is used up`, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := unplaced("app-x", map[string]*api.AllocationMetric{"app": c.metric})
			require.Len(t, got, 1)
			require.Equal(t, c.want, got[0].String())
			require.Equal(t, c.never, got[0].Never)
		})
	}
}

func TestFailing(t *testing.T) {
	alloc := func(name, status string, restarts uint64) *api.AllocationListStub {
		return &api.AllocationListStub{Name: name, ClientStatus: status, TaskStates: map[string]*api.TaskState{"app": {Restarts: restarts}}}
	}
	require.False(t, failing(nil))
	require.False(t, failing([]*api.AllocationListStub{alloc("a[0]", "running", 1)}), "one restart may be bad luck")
	require.True(t, failing([]*api.AllocationListStub{alloc("a[0]", "running", 2)}))
	require.False(t, failing([]*api.AllocationListStub{alloc("a[0]", "failed", 0), alloc("a[0]", "running", 0)}), "replaced once")
	require.True(t, failing([]*api.AllocationListStub{alloc("a[0]", "failed", 0), alloc("a[0]", "failed", 0)}))
	require.False(t, failing([]*api.AllocationListStub{alloc("a[0]", "failed", 0), alloc("a[1]", "failed", 0)}), "each has its own tries")
}

func TestWorst(t *testing.T) {
	event := func(at int64, kind, message string, details ...string) *api.TaskEvent {
		e := &api.TaskEvent{Type: kind, Time: at, DisplayMessage: message, Details: map[string]string{}}
		for i := 0; i+1 < len(details); i += 2 {
			e.Details[details[i]] = details[i+1]
		}
		return e
	}
	for name, c := range map[string]struct {
		events []*api.TaskEvent
		want   string
	}{
		"exits": {[]*api.TaskEvent{
			event(1, api.TaskReceived, ""), event(2, api.TaskStarted, ""), event(3, api.TaskTerminated, "Exit Code: 1", "exit_code", "1"),
			event(4, api.TaskRestarting, "in 5s"), event(5, api.TaskTerminated, "Exit Code: 2", "exit_code", "2"), event(6, api.TaskNotRestarting, "Exceeded attempts"),
		}, "Exit Code: 2"},
		"image":      {[]*api.TaskEvent{event(1, api.TaskReceived, ""), event(2, api.TaskDriverFailure, "Failed to pull"), event(3, api.TaskNotRestarting, "no")}, "Failed to pull"},
		"only setup": {[]*api.TaskEvent{event(1, api.TaskReceived, ""), event(2, api.TaskSetup, "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := worst(&api.AllocationListStub{TaskStates: map[string]*api.TaskState{"app": {State: "dead", Failed: true, Restarts: 2, Events: c.events}}})
			if c.want == "" {
				require.Nil(t, got)
				return
			}
			require.Equal(t, c.want, got.DisplayMessage)
		})
	}
}
