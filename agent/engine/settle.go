package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

const (
	// settleEvery paces the questions about jobs on their way to health.
	settleEvery = 500 * time.Millisecond
	// blockedGrace is how long a job may have no node that fits. Right after
	// a volume was made or a node joined, Nomad may not know of it yet.
	blockedGrace = 45 * time.Second
	// queuedGrace is how long a job may be without an allocation and without a
	// reason for that.
	queuedGrace = 5 * time.Minute
	// volumeGrace is how long volumes may take to become ready.
	volumeGrace = 2 * time.Minute
	// patience is how long a server may be away while something is waited
	// for. Restarts and leader elections are over in less.
	patience = 2 * time.Minute
)

// settle waits until every job of the wave is healthy, or one has failed.
func (a *application) settle(ctx context.Context, i int, w scheduler.Wave, done []registered) error {
	waiting := map[services.JobID]uint64{}
	for _, x := range w.Wait {
		waiting[x.Job] = x.Index
	}
	for _, r := range done {
		waiting[r.Job.ID] = r.index
	}
	said := map[services.JobID]string{}
	stuck := map[services.JobID]stall{}
	for len(waiting) > 0 {
		rollouts, err := a.rollouts(ctx, waiting)
		if err != nil {
			return err
		}
		for _, r := range rollouts {
			if since := stuck[r.Job]; since.phase != r.Phase {
				stuck[r.Job] = stall{r.Phase, a.Now()}
			} else if grace, ok := graces()[r.Phase]; ok && a.Now().Sub(since.since) > grace {
				r.Phase = nomad.PhaseFailed
			}
			switch {
			case r.Phase == nomad.PhaseFailed:
				a.report(i, "job "+string(r.Job), StateFailed, "%s", r.Detail)
				return failure(r)
			case r.Phase == nomad.PhaseHealthy:
				delete(waiting, r.Job)
				a.report(i, "job "+string(r.Job), StateHealthy, "%s", r.Detail)
			case said[r.Job] != r.Detail:
				said[r.Job] = r.Detail
				a.report(i, "job "+string(r.Job), StateWaiting, "%s: %s", r.Phase, r.Detail)
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		if err := pause(ctx, settleEvery); err != nil {
			return err
		}
	}
	return nil
}

// stall is since when a job has been in one phase.
type stall struct {
	phase nomad.Phase
	since time.Time
}

// graces are the phases that end by themselves or not at all: every other one
// has a deadline in Nomad.
func graces() map[nomad.Phase]time.Duration {
	return map[nomad.Phase]time.Duration{nomad.PhaseBlocked: blockedGrace, nomad.PhaseQueued: queuedGrace}
}

// failure is the error of a job that did not become healthy, with the task's
// own words.
func failure(r nomad.Rollout) error {
	first, rest, _ := strings.Cut(r.Detail, "\n")
	e := services.Errorf(services.CodeUnavailable, "job %s did not become healthy: %s", r.Job, first)
	if rest != "" {
		e.Message += "\n" + rest
	}
	if r.AllocID != "" {
		_ = e.WithHint("See more with: nomad alloc logs -stderr %s %s", r.AllocID, r.Task)
	}
	return e
}

// rollouts asks how far each waiting job is.
func (a *application) rollouts(ctx context.Context, waiting map[services.JobID]uint64) ([]nomad.Rollout, error) {
	ids := sortedKeys(waiting)
	out := make([]nomad.Rollout, len(ids))
	err := a.patient(ctx, func() error {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(parallel)
		for n, id := range ids {
			group.Go(func() (err error) {
				out[n], err = a.Nomad.Rollout(ctx, id, waiting[id])
				return err
			})
		}
		return group.Wait()
	})
	return out, err
}

// away reports whether the error may be over by itself: the server does not
// answer, or it has just started and does not know its tokens yet. That they
// are good was checked before the apply began.
func away(err error) bool {
	switch services.ErrorCode(err) {
	case services.CodeUnavailable, services.CodeUnauthorized, services.CodeForbidden:
		return true
	}
	return false
}

// patient calls ask again while its server is away, up to patience.
func (a *application) patient(ctx context.Context, ask func() error) error {
	var since time.Time
	for {
		err := ask()
		if !away(err) || ctx.Err() != nil {
			return err
		}
		now := a.Now()
		if since.IsZero() {
			since = now
			a.Logger.Warn("a server is away, waiting for it", "error", err)
		}
		if now.Sub(since) > patience {
			return fmt.Errorf("gave up after %s: %w", patience, err)
		}
		if err := pause(ctx, 4*settleEvery); err != nil {
			return err
		}
	}
}

// pause waits, or says that the waiting was stopped.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return stopped(ctx)
	}
}

// stopped is the error of an apply that its context ended.
func stopped(ctx context.Context) error {
	return services.Errorf(services.CodeUnavailable, "stopped: %w", context.Cause(ctx)).
		WithHint("What was done stays; the next apply goes on from here")
}
