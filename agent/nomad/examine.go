package nomad

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// Examine asks Nomad what registering the job would change and whether it can
// be placed, and returns have with the answers filled in. It changes nothing.
// Nomad compares after it filled in its own defaults on both sides, so that
// only differences that somebody made are left.
func (c *Client) Examine(ctx context.Context, want *jobspecs.Job, have scheduler.ObservedJob) (scheduler.ObservedJob, error) {
	info, _, err := c.api.Jobs().Info(string(want.ID), c.query(ctx))
	if err != nil {
		return have, c.explain("read job "+string(want.ID), err)
	}
	plan, err := c.plan(ctx, want.Spec)
	if err != nil {
		return have, err
	}
	have.Examined = true
	have.Counts = map[string]int{}
	for _, g := range info.TaskGroups {
		if g.Name != nil && g.Count != nil {
			have.Counts[*g.Name] = *g.Count
		}
	}
	if info.Version != nil {
		have.Version = *info.Version
	}
	have.Changes = changes(plan.Diff)
	have.Unplaced = unplaced(want.ID, plan.FailedTGAllocs)
	return have, nil
}

// Placement asks Nomad whether a job that does not exist yet can be placed.
// Its volumes are left out of the question, because they do not exist yet
// either.
func (c *Client) Placement(ctx context.Context, want *jobspecs.Job) ([]scheduler.Unplaced, error) {
	spec := *want.Spec
	spec.TaskGroups = nil
	for _, g := range want.Spec.TaskGroups {
		bare := *g
		bare.Volumes = nil
		bare.Tasks = nil
		for _, t := range g.Tasks {
			task := *t
			task.VolumeMounts = nil
			bare.Tasks = append(bare.Tasks, &task)
		}
		spec.TaskGroups = append(spec.TaskGroups, &bare)
	}
	plan, err := c.plan(ctx, &spec)
	if err != nil {
		return nil, err
	}
	return unplaced(want.ID, plan.FailedTGAllocs), nil
}

func (c *Client) plan(ctx context.Context, spec *api.Job) (*api.JobPlanResponse, error) {
	plan, _, err := c.api.Jobs().PlanOpts(spec, &api.PlanOptions{Diff: true}, c.write(ctx))
	if err != nil {
		return nil, c.explain("plan job "+*spec.ID, err)
	}
	return plan, nil
}

// changes flattens Nomad's diff into one entry per field that differs.
func changes(d *api.JobDiff) []scheduler.Change {
	if d == nil {
		return nil
	}
	var out []scheduler.Change
	fields(&out, "", d.Fields)
	objects(&out, "", d.Objects)
	for _, g := range d.TaskGroups {
		path := "group[" + g.Name + "]."
		whole(&out, path, g.Type)
		fields(&out, path, g.Fields)
		objects(&out, path, g.Objects)
		for _, t := range g.Tasks {
			path := path + "task[" + t.Name + "]."
			whole(&out, path, t.Type)
			fields(&out, path, t.Fields)
			objects(&out, path, t.Objects)
		}
	}
	return out
}

const (
	diffNone    = "None"
	diffAdded   = "Added"
	diffDeleted = "Deleted"
)

// whole records that a group or task as a whole came or went.
func whole(out *[]scheduler.Change, path, kind string) {
	path = strings.TrimSuffix(path, ".")
	switch kind {
	case diffAdded:
		*out = append(*out, scheduler.Change{Path: path, New: "added"})
	case diffDeleted:
		*out = append(*out, scheduler.Change{Path: path, Old: "removed"})
	}
}

func fields(out *[]scheduler.Change, path string, diffs []*api.FieldDiff) {
	for _, f := range diffs {
		if f.Type != diffNone {
			*out = append(*out, scheduler.Change{Path: path + f.Name, Old: f.Old, New: f.New})
		}
	}
}

func objects(out *[]scheduler.Change, path string, diffs []*api.ObjectDiff) {
	for _, o := range diffs {
		if o.Type == diffNone {
			continue
		}
		path := path + o.Name + "."
		fields(out, path, o.Fields)
		objects(out, path, o.Objects)
	}
}

// unplaced says in words what Nomad's scheduler could not place.
func unplaced(job services.JobID, failed map[string]*api.AllocationMetric) []scheduler.Unplaced {
	var out []scheduler.Unplaced
	for _, group := range slices.Sorted(maps.Keys(failed)) {
		m := failed[group]
		out = append(out, scheduler.Unplaced{
			Job: job, Group: group, Missing: m.CoalescedFailures + 1,
			Never: m.NodesExhausted == 0 && len(m.QuotaExhausted) == 0, Reasons: reasons(m),
		})
	}
	return out
}

func reasons(m *api.AllocationMetric) []string {
	if m.NodesEvaluated == 0 {
		pool := m.NodePool
		if pool == "" {
			pool = api.NodePoolDefault
		}
		return []string{fmt.Sprintf("no ready node in node pool %q (%d in the pool) and the job's datacenters", pool, m.NodesInPool)}
	}
	var out []string
	for _, constraint := range slices.Sorted(maps.Keys(m.ConstraintFiltered)) {
		out = append(out, fmt.Sprintf("%s filtered by %q", nodes(m.ConstraintFiltered[constraint]), constraint))
	}
	for _, class := range slices.Sorted(maps.Keys(m.ClassFiltered)) {
		out = append(out, fmt.Sprintf("%s of class %q filtered", nodes(m.ClassFiltered[class]), class))
	}
	for _, dimension := range slices.Sorted(maps.Keys(m.DimensionExhausted)) {
		out = append(out, fmt.Sprintf("%s without enough free %s", nodes(m.DimensionExhausted[dimension]), dimension))
	}
	for _, quota := range slices.Sorted(slices.Values(m.QuotaExhausted)) {
		out = append(out, fmt.Sprintf("quota %s is used up", quota))
	}
	if len(out) == 0 {
		out = append(out, fmt.Sprintf("%s evaluated, none fits", nodes(m.NodesEvaluated)))
	}
	return out
}

func nodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return fmt.Sprintf("%d nodes", n)
}
