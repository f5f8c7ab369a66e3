package nomad

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Phase is how far a job's rollout is.
type Phase string

// The phases, in order. Healthy and Failed are final.
const (
	PhaseQueued   Phase = "queued"   // no allocation yet
	PhaseBlocked  Phase = "blocked"  // nothing can be placed now
	PhaseStarting Phase = "starting" // placed; images, artifacts, secrets
	PhaseChecking Phase = "checking" // running; its checks have to pass
	PhaseHealthy  Phase = "healthy"
	PhaseFailed   Phase = "failed"
)

// Rollout is the state of one job on its way to health.
type Rollout struct {
	Job    services.JobID
	Phase  Phase
	Detail string // in words
	// AllocID and Task point to the failure, when there is one.
	AllocID string
	Task    string
}

// Done reports whether the rollout is over.
func (r Rollout) Done() bool { return r.Phase == PhaseHealthy || r.Phase == PhaseFailed }

// maxFailures is how often a job's tasks may restart and its allocations fail
// during a rollout before that counts as failed. One that keeps failing would
// otherwise be waited for until the deployment's healthy_deadline, five
// minutes; one that fails once may have met a server that was just restarting.
const maxFailures = 2

// Rollout returns how far the job is that was registered at index.
func (c *Client) Rollout(ctx context.Context, id services.JobID, index uint64) (Rollout, error) {
	r := Rollout{Job: id, Phase: PhaseQueued, Detail: "waiting for Nomad's scheduler"}
	job, err := c.job(ctx, id)
	if err != nil {
		return r, err
	}
	if *job.JobModifyIndex != index {
		r.Phase, r.Detail = PhaseFailed, "the job was changed by somebody else, or reverted by Nomad"
		return r, c.describeFailure(ctx, &r, nil)
	}
	if *job.Type != api.JobTypeService {
		r.Phase, r.Detail = PhaseHealthy, "registered"
		return r, nil
	}
	deployment, _, err := c.api.Jobs().LatestDeployment(string(id), c.query(ctx))
	if err != nil {
		return r, c.explain("read the deployment of "+string(id), err)
	}
	if deployment != nil && deployment.JobSpecModifyIndex == index {
		switch deployment.Status {
		case api.DeploymentStatusSuccessful:
			r.Phase, r.Detail = PhaseHealthy, "healthy"
			return r, nil
		case api.DeploymentStatusFailed, api.DeploymentStatusCancelled:
			r.Phase, r.Detail = PhaseFailed, deployment.StatusDescription
		}
	}
	return r, c.allocations(ctx, &r, *job.Version)
}

// allocations refines r by what the allocations of the version do.
func (c *Client) allocations(ctx context.Context, r *Rollout, version uint64) error {
	stubs, _, err := c.api.Jobs().Allocations(string(r.Job), true, c.query(ctx))
	if err != nil {
		return c.explain("list allocations of "+string(r.Job), err)
	}
	stubs = slices.DeleteFunc(stubs, func(a *api.AllocationListStub) bool { return a.JobVersion != version })
	if len(stubs) == 0 && r.Phase != PhaseFailed {
		return c.blocked(ctx, r)
	}
	if r.Phase == PhaseFailed || failing(stubs) {
		r.Phase = PhaseFailed
		return c.describeFailure(ctx, r, stubs)
	}
	running := 0
	for _, a := range stubs {
		if a.ClientStatus == api.AllocClientStatusRunning {
			running++
		}
	}
	r.Phase, r.Detail = PhaseStarting, lastWords(stubs)
	if running == len(stubs) {
		r.Phase, r.Detail = PhaseChecking, "running, waiting for its checks to pass"
	}
	return nil
}

// failing reports whether the allocations of one version have failed too often
// to become healthy by themselves soon.
func failing(stubs []*api.AllocationListStub) bool {
	failures := map[string]int{} // by allocation name: each has its own tries
	for _, a := range stubs {
		if a.ClientStatus == api.AllocClientStatusFailed {
			failures[a.Name]++
		}
		for _, t := range a.TaskStates {
			failures[a.Name] += int(t.Restarts)
		}
		if failures[a.Name] >= maxFailures {
			return true
		}
	}
	return false
}

// blocked says why there is no allocation yet.
func (c *Client) blocked(ctx context.Context, r *Rollout) error {
	evals, _, err := c.api.Jobs().Evaluations(string(r.Job), c.query(ctx))
	if err != nil {
		return c.explain("list evaluations of "+string(r.Job), err)
	}
	slices.SortFunc(evals, func(a, b *api.Evaluation) int { return cmp.Compare(b.CreateIndex, a.CreateIndex) })
	for _, e := range evals {
		if len(e.FailedTGAllocs) > 0 {
			var words []string
			for _, u := range unplaced(r.Job, e.FailedTGAllocs) {
				words = append(words, u.String())
			}
			r.Phase, r.Detail = PhaseBlocked, strings.Join(words, "; ")
			return nil
		}
	}
	return nil
}

// lastWords is the newest task event of the allocations, in Nomad's words.
func lastWords(stubs []*api.AllocationListStub) string {
	var newest *api.TaskEvent
	for _, a := range stubs {
		for _, t := range a.TaskStates {
			for _, e := range t.Events {
				if newest == nil || e.Time >= newest.Time {
					newest = e
				}
			}
		}
	}
	if newest == nil {
		return "placed"
	}
	return fmt.Sprintf("%s: %s", newest.Type, newest.DisplayMessage)
}
