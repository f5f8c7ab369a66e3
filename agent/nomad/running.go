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
	Version uint64 // the job's that the newest allocation is of
	Running int    // allocations that run
	Failed  bool   // the newest allocation failed
	AllocID string // the newest allocation; "" when there is none
	Nodes   []string
	Detail  string // in words, when nothing runs
}

// RunningAll returns what the allocations of every job of the namespace do, in
// one request for a thousand allocations. Jobs without any, and dispatched
// runs, are left out.
func (c *Client) RunningAll(ctx context.Context) (map[services.JobID]Running, error) {
	jobs := map[services.JobID][]*api.AllocationListStub{}
	q := c.query(ctx)
	q.PerPage = pageSize
	q.Filter = `JobID not matches "/"` // "<runner>/dispatch-..."
	for {
		stubs, meta, err := c.api.Allocations().List(q)
		if err != nil {
			return nil, c.explain("list allocations of namespace "+c.cfg.Namespace, err)
		}
		for _, a := range stubs {
			jobs[services.JobID(a.JobID)] = append(jobs[services.JobID(a.JobID)], a)
		}
		if meta.NextToken == "" {
			break
		}
		q.NextToken = meta.NextToken
	}
	out := make(map[services.JobID]Running, len(jobs))
	for id, stubs := range jobs {
		out[id] = running(stubs)
	}
	return out, nil
}

// Running returns what the allocations of one job do.
func (c *Client) Running(ctx context.Context, id services.JobID) (Running, error) {
	stubs, _, err := c.api.Jobs().Allocations(string(id), false, c.query(ctx))
	if err != nil {
		return Running{}, c.explain("list allocations of "+string(id), err)
	}
	return running(stubs), nil
}

// Unplaced says in words why a job has no allocation, "" when Nomad does not
// say.
func (c *Client) Unplaced(ctx context.Context, id services.JobID) (string, error) {
	rollout := Rollout{Job: id}
	err := c.blocked(ctx, &rollout)
	return rollout.Detail, err
}

func running(stubs []*api.AllocationListStub) Running {
	r := Running{Nodes: []string{}}
	slices.SortFunc(stubs, func(a, b *api.AllocationListStub) int { return cmp.Compare(a.CreateIndex, b.CreateIndex) })
	for _, a := range stubs {
		r.AllocID, r.Version = a.ID, a.JobVersion
		r.Failed = a.ClientStatus == api.AllocClientStatusFailed
		if a.ClientStatus == api.AllocClientStatusRunning && a.DesiredStatus == api.AllocDesiredStatusRun {
			r.Running++
			r.Nodes = append(r.Nodes, a.NodeName)
		}
	}
	slices.Sort(r.Nodes)
	r.Nodes = slices.Compact(r.Nodes)
	if r.Running == 0 && len(stubs) > 0 {
		r.Detail = lastWords(stubs[len(stubs)-1:])
	}
	return r
}
