package engine

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// JobStatus is what runs of one job, as far as people ask.
type JobStatus struct {
	Job    services.JobID `json:"job"`
	Kind   services.Kind  `json:"kind"`
	Status string         `json:"status"` // healthy, unhealthy, running, starting, stopped, absent, registered
	Detail string         `json:"detail,omitempty"`
	// Addresses are URLs of the healthy instances, sorted.
	Addresses []string `json:"addresses"`
	Nodes     []string `json:"nodes"`
	AllocID   string   `json:"alloc_id,omitempty"` // the newest allocation
	Version   uint64   `json:"version"`            // Nomad's job version that it is of
}

// Up reports whether the job does what it is there for.
func (s JobStatus) Up() bool {
	return s.Status == "healthy" || s.Status == "running" || s.Status == "registered"
}

// Statuses returns the state of every job in d and of every other job of the
// platform that still runs, sorted by kind and ID.
func (e *Engine) Statuses(ctx context.Context, d scheduler.Desired) ([]JobStatus, error) {
	wanted := map[services.JobID]bool{}
	kinds := map[services.JobID]services.Kind{}
	for _, job := range d.Jobs {
		wanted[job.ID] = true
		kinds[job.ID] = job.Kind
	}
	jobs, err := e.Nomad.Jobs(ctx, d.Platform, wanted)
	if err != nil {
		return nil, err
	}
	health, err := e.Consul.HealthAll(ctx, services.ManagedBy)
	if err != nil {
		return nil, err
	}
	running, err := e.Nomad.RunningAll(ctx)
	if err != nil {
		return nil, err
	}
	for id, job := range jobs {
		if !wanted[id] && !job.Stopped {
			kinds[id] = job.Kind
		}
	}
	ids := sortedKeys(kinds)
	out := make([]JobStatus, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, id := range ids {
		out[i] = JobStatus{Job: id, Kind: kinds[id], Status: "absent", Addresses: []string{}, Nodes: []string{}}
		have, ok := jobs[id]
		if !ok {
			continue
		}
		group.Go(func() (err error) {
			out[i], err = e.status(ctx, have, kinds[id], running[id], health[string(id)])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b JobStatus) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.Job, b.Job))
	})
	return out, nil
}

func rank(k services.Kind) int {
	return slices.Index([]services.Kind{services.KindHub, services.KindLinkage, services.KindRunner, services.KindApp}, k)
}

func (e *Engine) status(ctx context.Context, have scheduler.ObservedJob, kind services.Kind, running nomad.Running, health consul.ServiceHealth) (JobStatus, error) {
	s := JobStatus{Job: have.ID, Kind: kind, Addresses: []string{}, Nodes: []string{}}
	if have.Stopped {
		s.Status = "stopped"
		return s, nil
	}
	if kind == services.KindRunner { // nothing runs until it is dispatched
		s.Status = "registered"
		return s, nil
	}
	if running.AllocID == "" {
		s.Status = "starting"
		var err error
		s.Detail, err = e.Nomad.Unplaced(ctx, have.ID)
		return s, err
	}
	s.AllocID, s.Version, s.Nodes = running.AllocID, running.Version, running.Nodes
	for _, instance := range health.Instances {
		if instance.Status == consul.Passing {
			s.Addresses = append(s.Addresses, "http://"+instance.Address)
		} else if s.Detail == "" {
			s.Detail = instance.Output
		}
	}
	slices.Sort(s.Addresses)
	s.Addresses = slices.Compact(s.Addresses)
	s.Status = statusWord(running, health, len(s.Addresses))
	if s.Status != "healthy" && s.Detail == "" {
		s.Detail = running.Detail
	}
	return s, nil
}

// statusWord derives the one word that people see first.
func statusWord(r nomad.Running, health consul.ServiceHealth, passing int) string {
	switch {
	case r.Running == 0 && r.Failed:
		return "failed"
	case r.Running == 0:
		return "starting"
	case len(health.Instances) == 0:
		return "running"
	case passing == len(health.Instances):
		return "healthy"
	default:
		return "unhealthy"
	}
}
