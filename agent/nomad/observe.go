package nomad

import (
	"context"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// pageSize bounds one answer of Nomad's list endpoints.
const pageSize = 1000

// Jobs returns every job of the namespace that carries Drover's mark and the
// platform's identity, and every job whose ID is in wanted, whoever owns it.
// Versions, counts and changes are not filled in: see [Client.Examine].
func (c *Client) Jobs(ctx context.Context, platform string, wanted map[services.JobID]bool) (map[services.JobID]scheduler.ObservedJob, error) {
	deployments, err := c.unsettled(ctx)
	if err != nil {
		return nil, err
	}
	out := map[services.JobID]scheduler.ObservedJob{}
	opts := &api.JobListOptions{Fields: &api.JobListFields{Meta: true}}
	q := c.query(ctx)
	q.PerPage = pageSize
	q.Filter = `ParentID == ""` // a runner may have any number of runs
	for {
		stubs, meta, err := c.api.Jobs().ListOptions(opts, q)
		if err != nil {
			return nil, c.explain("list jobs of namespace "+c.cfg.Namespace, err)
		}
		for _, s := range stubs {
			id := services.JobID(s.ID)
			owned := jobspecs.Owned(s.Meta)
			if s.ParentID != "" || !wanted[id] && !(owned && s.Meta[jobspecs.MetaPlatform] == platform) {
				continue
			}
			d, unsettled := deployments[s.ID]
			unsettled = unsettled && d.index == s.JobModifyIndex
			out[id] = scheduler.ObservedJob{
				ID: id, ModifyIndex: s.JobModifyIndex, Owned: owned,
				Platform: s.Meta[jobspecs.MetaPlatform], Kind: services.Kind(s.Meta[jobspecs.MetaKind]), Hash: s.Meta[jobspecs.MetaHash],
				Stopped: s.Stop, Status: s.Status, Settled: !unsettled, Failed: unsettled && d.failed,
			}
		}
		if meta.NextToken == "" {
			return out, nil
		}
		q.NextToken = meta.NextToken
	}
}

// rollout is the latest deployment of a job that is in progress or failed.
type rollout struct {
	index  uint64 // JobModifyIndex of the job that it deploys
	failed bool
}

// unsettled returns the deployments that are in progress or failed, by job.
func (c *Client) unsettled(ctx context.Context) (map[string]rollout, error) {
	out := map[string]rollout{}
	q := c.query(ctx)
	q.PerPage = pageSize
	q.Filter = `Status != "successful" and Status != "cancelled"`
	for {
		deployments, meta, err := c.api.Deployments().List(q)
		if err != nil {
			return nil, c.explain("list deployments of namespace "+c.cfg.Namespace, err)
		}
		for _, d := range deployments {
			if d.JobSpecModifyIndex >= out[d.JobID].index {
				out[d.JobID] = rollout{d.JobSpecModifyIndex, d.Status == api.DeploymentStatusFailed}
			}
		}
		if meta.NextToken == "" {
			return out, nil
		}
		q.NextToken = meta.NextToken
	}
}

// Nodes returns what each ready and eligible node can give.
func (c *Client) Nodes(ctx context.Context) ([]services.Node, error) {
	q := c.query(ctx)
	q.Params = map[string]string{"resources": "true"}
	stubs, _, err := c.api.Nodes().List(q)
	if err != nil {
		return nil, c.explain("list nodes", err)
	}
	var out []services.Node
	for _, s := range stubs {
		if s.Status != api.NodeStatusReady || s.SchedulingEligibility != api.NodeSchedulingEligible || s.NodeResources == nil {
			continue
		}
		n := services.Node{
			Name: s.Name, Pool: s.NodePool, Datacenter: s.Datacenter, Devices: map[string]int{},
			Cores: len(s.NodeResources.Cpu.ReservableCpuCores), CPUMHz: int(s.NodeResources.Cpu.CpuShares),
			MemoryMiB: int(s.NodeResources.Memory.MemoryMB),
		}
		for _, d := range s.NodeResources.Devices {
			n.Devices[d.Vendor+"/"+d.Type+"/"+d.Name] += len(d.Instances)
		}
		out = append(out, n)
	}
	return out, nil
}
