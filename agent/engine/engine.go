// Package engine makes what runs into what should run: it observes through
// the adapters, lets [scheduler.Compute] decide, and applies the plan wave by
// wave. The command line runs it in its own process; the agent runs the same
// code.
//
// Apply may be killed at any point. Every step either is done or is not, every
// write is a check-and-set, and what was done is observed by the next plan, so
// that the next apply goes on where the last one stopped.
package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// Engine plans and applies. All fields are required; it owns none of them.
type Engine struct {
	Nomad  *nomad.Client
	Consul *consul.Client
	Vault  *vault.Client
	State  *state.Store
	Logger hclog.Logger
	Now    func() time.Time
}

// parallel bounds the requests to one server that are under way at once.
const parallel = 8

// checkTimeout is how long the three servers may take to say that they are
// there: a server that accepts connections and never answers ends a command.
const checkTimeout = 15 * time.Second

// Check makes sure that all three servers answer and accept their tokens,
// before anything is changed. It returns the first problem.
func (e *Engine) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, fmt.Errorf("no answer within %s", checkTimeout))
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return e.Nomad.Check(ctx) })
	group.Go(func() error { return e.Consul.Check(ctx) })
	group.Go(func() error { return e.Vault.Check(ctx) })
	return group.Wait()
}

// Plan observes and computes what has to change. With placement it also asks
// Nomad whether new jobs can be placed. It changes nothing.
func (e *Engine) Plan(ctx context.Context, d scheduler.Desired, placement bool) (scheduler.Plan, error) {
	if err := e.Check(ctx); err != nil {
		return scheduler.Plan{}, err
	}
	if err := e.stays(d); err != nil {
		return scheduler.Plan{}, err
	}
	observed, err := e.Observe(ctx, d)
	if err != nil {
		return scheduler.Plan{}, err
	}
	plan := scheduler.Compute(d, observed)
	if placement {
		err = e.place(ctx, &plan)
	}
	return plan, err
}

// Observe looks at everything that the plan for d depends on.
func (e *Engine) Observe(ctx context.Context, d scheduler.Desired) (scheduler.Observed, error) {
	o := scheduler.Observed{}
	wanted := map[services.JobID]bool{}
	var grants []services.Grant
	var secrets []services.GeneratedSecret
	for _, job := range d.Jobs {
		wanted[job.ID] = true
		if job.Grant != nil {
			grants = append(grants, *job.Grant)
		}
		secrets = append(secrets, job.Secrets...)
	}
	applied, err := e.State.Applied(d.Platform)
	if err != nil {
		return o, err
	}
	o.Applied = map[services.JobID]scheduler.Applied{}
	for _, a := range applied {
		o.Applied[a.Job] = scheduler.Applied{Hash: a.Hash, ModifyIndex: a.ModifyIndex}
	}
	volumes, err := e.State.Volumes(d.Platform)
	if err != nil {
		return o, err
	}
	o.Made = map[services.ID]services.Volume{}
	for _, v := range volumes {
		o.Made[v.Volume.ID] = v.Volume
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { o.Jobs, err = e.Nomad.Jobs(gctx, d.Platform, wanted); return })
	group.Go(func() (err error) { o.Volumes, err = e.Nomad.Volumes(gctx); return })
	group.Go(func() error {
		if d.Vault.Auth == "" { // a look at the jobs alone
			return nil
		}
		seen, err := e.Vault.Observe(gctx, grants, secrets, d.Vault.Auth)
		o.Grants, o.Secrets = map[string]scheduler.ObservedGrant{}, map[string]scheduler.ObservedSecret{}
		for name, g := range seen.Grants {
			o.Grants[name] = scheduler.ObservedGrant(g)
		}
		for path, s := range seen.Secrets {
			o.Secrets[path] = scheduler.ObservedSecret(s)
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return o, err
	}
	if err := e.recovered(ctx, d, o); err != nil {
		return o, err
	}
	return o, e.examine(ctx, d, o)
}

// recovered settles the jobs whose deployment failed and that have become
// healthy since: Nomad's word about a deployment is final.
func (e *Engine) recovered(ctx context.Context, d scheduler.Desired, o scheduler.Observed) error {
	for _, job := range d.Jobs {
		have := o.Jobs[job.ID]
		if !have.Failed || have.Stopped {
			continue
		}
		health, err := e.Consul.Health(ctx, string(job.ID))
		if err != nil {
			return err
		}
		if health.Passing() {
			have.Settled, have.Failed = true, false
			o.Jobs[job.ID] = have
		}
	}
	return nil
}

// examine asks Nomad about the jobs whose content may differ.
func (e *Engine) examine(ctx context.Context, d scheduler.Desired, o scheduler.Observed) error {
	ids := scheduler.Examine(d, o)
	wanted := map[services.JobID]int{}
	for i, job := range d.Jobs {
		wanted[job.ID] = i
	}
	examined := make([]scheduler.ObservedJob, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, id := range ids {
		group.Go(func() (err error) {
			examined[i], err = e.Nomad.Examine(ctx, d.Jobs[wanted[id]], o.Jobs[id])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, id := range ids {
		o.Jobs[id] = examined[i]
	}
	return nil
}

// place asks Nomad whether the jobs that the plan creates can be placed.
func (e *Engine) place(ctx context.Context, plan *scheduler.Plan) error {
	var created []scheduler.Register
	for _, w := range plan.Waves {
		for _, r := range w.Register {
			if r.Expect == 0 {
				created = append(created, r)
			}
		}
	}
	found := make([][]scheduler.Unplaced, len(created))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, r := range created {
		group.Go(func() (err error) {
			found[i], err = e.Nomad.Placement(ctx, r.Job)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, u := range found {
		plan.Unplaced = append(plan.Unplaced, u...)
	}
	return nil
}
