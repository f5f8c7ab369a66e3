package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// revertLimit is how long the way back of a wave may take, a server that is
// away included.
const revertLimit = 5 * time.Minute

// revert brings every job that the wave registered back to what it was: the
// version before, or stopped where there was none. It returns the failure that
// made it necessary, joined with what could not be reverted.
func (a *application) revert(ctx context.Context, i int, done []registered, cause error) error {
	// An interrupt ends waiting, not the way back.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), revertLimit, fmt.Errorf("gave up after %s", revertLimit))
	defer cancel()
	slices.SortFunc(done, func(x, y registered) int { return cmp.Compare(x.Job.ID, y.Job.ID) })
	failures := make([]error, len(done))
	var group errgroup.Group
	group.SetLimit(parallel)
	for n, r := range done {
		group.Go(func() error {
			detail, err := a.revertJob(ctx, r)
			if failures[n] = err; err != nil {
				a.report(i, "job "+string(r.Job.ID), StateFailed, "not reverted: %v", err)
			} else {
				a.report(i, "job "+string(r.Job.ID), StateReverted, "%s", detail)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in failures
	for n, r := range done {
		if failures[n] == nil {
			a.outcome.Reverted = append(a.outcome.Reverted, string(r.Job.ID))
		} else {
			a.outcome.NotReverted = append(a.outcome.NotReverted, string(r.Job.ID))
		}
	}
	return joinErrors(append([]error{cause}, failures...)...)
}

func (a *application) revertJob(ctx context.Context, r registered) (string, error) {
	if !r.Restore {
		err := a.patient(ctx, func() error { return a.Nomad.Withdraw(ctx, r.Job.ID, r.index) })
		return "stopped: it did not run before; its volume and secrets stay", err
	}
	// First what the version before has to read, then the version.
	if err := a.restoreGrant(ctx, r.Job.ID); err != nil {
		return "", err
	}
	detail := "back at the version before"
	var index uint64
	err := a.patient(ctx, func() error {
		reverted, err := a.Nomad.Revert(ctx, r.Job.ID, r.index, r.Prior)
		if err == nil && !reverted {
			detail = "back at the version before, by Nomad's own auto_revert"
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := a.patient(ctx, func() (err error) {
		index, _, err = a.Nomad.Holds(ctx, r.Job.ID)
		return err
	}); err != nil {
		return "", err
	}
	// What runs now is what Drover had applied before, unless a hand had
	// changed that: then its record has to stay as it is, so that the next look
	// at the job finds the change.
	applied, ok, err := a.State.Job(a.plan.Platform, r.Job.ID)
	if err != nil || !ok || applied.ModifyIndex != r.Expect {
		return detail, err
	}
	return detail, a.State.Apply(state.MoveApplied{Platform: a.plan.Platform, Job: r.Job.ID, ModifyIndex: index})
}

// keepGrant remembers what a grant that is about to be updated permits.
func (a *application) keepGrant(ctx context.Context, g scheduler.WriteGrant) error {
	if g.Expect == scheduler.Absent {
		return nil
	}
	rules, err := a.Vault.Rules(ctx, g.Grant.Name)
	if err != nil || strings.TrimSpace(rules) == "" {
		return err
	}
	before := g.Grant
	before.Rules = rules
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before[g.Grant.Job] = before
	return nil
}

// restoreGrant lets a job read again what it read before this apply.
func (a *application) restoreGrant(ctx context.Context, job services.JobID) error {
	a.mu.Lock()
	before, ok := a.before[job]
	a.mu.Unlock()
	if !ok {
		return nil
	}
	return a.patient(ctx, func() error { return a.Vault.WriteGrant(ctx, a.plan.Vault.Auth, before) })
}

// maxHistoryLines bounds what the history keeps of one apply.
const maxHistoryLines = 1000

// changesOf lists the plan's steps for the history, without the fields.
func changesOf(plan scheduler.Plan) []string {
	var out []string
	left := 0
	for line := range strings.Lines(plan.String()) {
		line = strings.TrimRight(line, "\n")
		switch {
		case !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "      "):
		case len(out) == maxHistoryLines:
			left++
		default:
			out = append(out, strings.TrimSpace(line))
		}
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("and %d more", left))
	}
	return out
}

func sortedKeys[V any](m map[services.JobID]V) []services.JobID {
	return slices.Sorted(maps.Keys(m))
}
