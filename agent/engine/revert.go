package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// revert brings every job that the wave registered back to what it was: the
// version before, or stopped where there was none. It returns the failure that
// made it necessary, joined with what could not be reverted.
func (a *application) revert(ctx context.Context, i int, done []registered, cause error) error {
	// An interrupt ends waiting, not the way back.
	ctx = context.WithoutCancel(ctx)
	slices.SortFunc(done, func(x, y registered) int { return cmp.Compare(x.Job.ID, y.Job.ID) })
	var failures []error
	for _, r := range done {
		detail, err := a.revertJob(ctx, r)
		if err != nil {
			failures = append(failures, err)
			a.report(i, "job "+string(r.Job.ID), StateFailed, "not reverted: %v", err)
			continue
		}
		a.outcome.Reverted = append(a.outcome.Reverted, string(r.Job.ID))
		a.report(i, "job "+string(r.Job.ID), StateReverted, "%s", detail)
	}
	return joinErrors(append([]error{cause}, failures...)...)
}

func (a *application) revertJob(ctx context.Context, r registered) (string, error) {
	if !r.Restore {
		err := a.patient(ctx, func() error { return a.Nomad.Deregister(ctx, r.Job.ID, r.index) })
		return "stopped: it did not run before; its volume and secrets stay", err
	}
	reverted := false
	err := a.patient(ctx, func() (err error) {
		reverted, err = a.Nomad.Revert(ctx, r.Job.ID, r.index, r.Prior)
		return err
	})
	if err != nil {
		return "", err
	}
	// What runs now is what Drover had applied before: keep its record, under
	// the index that reverting gave it.
	index, err := a.Nomad.Index(ctx, r.Job.ID)
	if err != nil {
		return "", err
	}
	detail := "back at the version before"
	if !reverted {
		detail = "back at the version before, by Nomad's own auto_revert"
	}
	return detail, a.State.Apply(state.MoveApplied{Platform: a.plan.Platform, Job: r.Job.ID, ModifyIndex: index})
}

// changesOf lists the plan's steps for the history, without the fields.
func changesOf(plan scheduler.Plan) []string {
	var out []string
	for line := range strings.Lines(plan.String()) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "      ") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func sortedKeys[V any](m map[services.JobID]V) []services.JobID {
	return slices.Sorted(maps.Keys(m))
}
