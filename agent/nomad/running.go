package nomad

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Running is what a job's allocations do now.
type Running struct {
	Batch   bool   // not a service: nothing runs until it is dispatched
	Version uint64 // the job's
	Running int    // allocations that run
	Failed  bool   // the newest allocation failed
	AllocID string // the newest allocation; "" when there is none
	Nodes   []string
	Detail  string // in words, when not everything runs
}

// Running returns what the allocations of a job do.
func (c *Client) Running(ctx context.Context, id services.JobID) (Running, error) {
	job, err := c.job(ctx, id)
	if err != nil {
		return Running{}, err
	}
	r := Running{Batch: *job.Type != api.JobTypeService, Version: *job.Version, Nodes: []string{}}
	stubs, _, err := c.api.Jobs().Allocations(string(id), false, c.query(ctx))
	if err != nil {
		return r, c.explain("list allocations of "+string(id), err)
	}
	slices.SortFunc(stubs, func(a, b *api.AllocationListStub) int { return cmp.Compare(a.CreateIndex, b.CreateIndex) })
	for _, a := range stubs {
		r.AllocID = a.ID
		r.Failed = a.ClientStatus == api.AllocClientStatusFailed
		if a.ClientStatus == api.AllocClientStatusRunning && a.DesiredStatus == api.AllocDesiredStatusRun {
			r.Running++
			r.Nodes = append(r.Nodes, a.NodeName)
		}
	}
	slices.Sort(r.Nodes)
	r.Nodes = slices.Compact(r.Nodes)
	if r.Batch || r.Running > 0 {
		return r, nil
	}
	if len(stubs) == 0 {
		rollout := Rollout{Job: id}
		if err := c.blocked(ctx, &rollout); err != nil {
			return r, err
		}
		r.Detail = rollout.Detail
		return r, nil
	}
	r.Detail = lastWords(stubs[len(stubs)-1:])
	return r, nil
}
