package engine

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// registered is a job that this wave put into Nomad.
type registered struct {
	scheduler.Register
	index uint64 // JobModifyIndex after registering
}

// wave carries one wave out and waits until it is healthy.
func (a *application) wave(ctx context.Context, i int, w scheduler.Wave) error {
	a.report(i, "", StateStarted, "")
	if err := a.access(ctx, i, w); err != nil {
		return a.failed(i, err)
	}
	if err := a.volumes(ctx, i, w); err != nil {
		return a.failed(i, err)
	}
	if err := a.register(ctx, i, w); err != nil {
		return a.failed(i, err)
	}
	if err := a.remove(ctx, i, w); err != nil {
		return a.failed(i, err)
	}
	a.report(i, "", StateDone, "")
	return nil
}

func (a *application) failed(i int, err error) error {
	a.report(i, "", StateFailed, "%v", err)
	return err
}

// access writes Vault's part: grants first, because a task may start as soon
// as its job exists.
func (a *application) access(ctx context.Context, i int, w scheduler.Wave) error {
	if err := a.grantsUnmoved(ctx, w); err != nil {
		return err
	}
	return each(ctx, w.WriteGrants, func(ctx context.Context, g scheduler.WriteGrant) error {
		if err := a.keepGrant(ctx, g); err != nil {
			return err
		}
		if err := a.Vault.WriteGrant(ctx, a.plan.Vault.Auth, g.Grant); err != nil {
			return err
		}
		a.report(i, "vault grant "+g.Grant.Name, StateDone, "%s", g.Reason)
		return nil
	}, func() error {
		return each(ctx, w.GenerateSecrets, func(ctx context.Context, s scheduler.GenerateSecret) error {
			created, err := a.Vault.GenerateSecret(ctx, s.Secret, a.plan.Platform)
			if err != nil {
				return err
			}
			detail := "generated in Vault"
			if !created {
				detail = "exists by now; left as it is"
			}
			a.report(i, "secret "+s.Secret.Mount+"/"+s.Secret.Path, StateDone, "%s", detail)
			return nil
		}, nil)
	})
}

// grantsUnmoved looks at the grants of a wave once more before they are
// written: Vault has no check-and-set for roles and policies.
func (a *application) grantsUnmoved(ctx context.Context, w scheduler.Wave) error {
	if len(w.WriteGrants) == 0 {
		return nil
	}
	var grants []services.Grant
	for _, g := range w.WriteGrants {
		grants = append(grants, g.Grant)
	}
	seen, err := a.Vault.Observe(ctx, grants, nil, a.plan.Vault.Auth)
	if err != nil {
		return err
	}
	for _, g := range w.WriteGrants {
		version := scheduler.Absent
		if have, ok := seen.Grants[g.Grant.Name]; ok {
			version = have.Version
		}
		if version != g.Expect {
			return services.Errorf(services.CodeConflict, "vault grant %s was changed by somebody else meanwhile", g.Grant.Name).
				WithHint("Nothing was overwritten. Plan again")
		}
	}
	return nil
}

// volumes creates volumes and waits until they can be mounted.
func (a *application) volumes(ctx context.Context, i int, w scheduler.Wave) error {
	if len(w.CreateVolumes) == 0 {
		return nil
	}
	// Volume names are unique on a node alone: another apply may have made one
	// of the same name on another node.
	seen, err := a.Nomad.Volumes(ctx)
	if err != nil {
		return err
	}
	for _, v := range w.CreateVolumes {
		if _, exists := seen[v.Volume.ID]; exists {
			return services.Errorf(services.CodeConflict, "volume %s was made by somebody else meanwhile", v.Volume.ID).
				WithHint("Nothing was made twice. Plan again")
		}
	}
	var mu sync.Mutex
	var commands []state.Command
	err = each(ctx, w.CreateVolumes, func(ctx context.Context, v scheduler.CreateVolume) error {
		id, err := a.Nomad.CreateVolume(ctx, v.Volume)
		if err != nil {
			return err
		}
		a.report(i, "volume "+string(v.Volume.ID), StateDone, "created on a node, waiting until Nomad knows")
		mu.Lock()
		defer mu.Unlock()
		commands = append(commands, state.PutVolume{Platform: a.plan.Platform, Record: state.VolumeRecord{Volume: v.Volume, NomadID: id, CreatedAt: a.Now()}})
		return nil
	}, nil)
	if err := joinErrors(err, a.State.ApplyAll(commands)); err != nil {
		return err
	}
	var ids []services.ID
	for _, v := range w.CreateVolumes {
		ids = append(ids, v.Volume.ID)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, volumeGrace, services.Errorf(services.CodeUnavailable,
		"the volumes that were made are not ready after %s", volumeGrace).
		WithHint("See which with: nomad volume status -type host. They stay; the next apply goes on from here"))
	defer cancel()
	err = a.patient(ctx, func() error {
		return a.Nomad.WaitVolumes(ctx, ids, func(id services.ID) {
			a.report(i, "volume "+string(id), StateHealthy, "ready")
		})
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// register registers the wave's jobs, waits for their health, and reverts all
// of them when one fails.
func (a *application) register(ctx context.Context, i int, w scheduler.Wave) error {
	var mu sync.Mutex
	var done []registered
	err := each(ctx, w.Register, func(ctx context.Context, r scheduler.Register) error {
		index, err := a.Nomad.Register(ctx, r.Job, r.Expect)
		if services.ErrorCode(err) == services.CodeUnavailable {
			index, err = a.arrived(ctx, r, err)
		}
		if err != nil {
			return err
		}
		mu.Lock()
		done = append(done, registered{r, index})
		mu.Unlock()
		a.report(i, "job "+string(r.Job.ID), StateDone, "%s", r.Reason)
		return nil
	}, nil)
	a.outcome.Registered += len(done)
	if err == nil && !a.opts.Detach {
		err = a.settle(ctx, i, w, done)
	}
	if err == nil {
		return a.remember(done)
	}
	if ctx.Err() != nil {
		// The operator stopped the waiting; the next apply goes on.
		return errors.Join(err, a.remember(done))
	}
	return a.revert(ctx, i, done, err)
}

// arrived looks whether Nomad took a job although its answer was lost. The
// failure of an answer alone must neither fail a wave nor leave a job behind
// that the wave does not know of.
func (a *application) arrived(ctx context.Context, r scheduler.Register, cause error) (uint64, error) {
	var index uint64
	var hash string
	err := a.patient(ctx, func() (err error) {
		index, hash, err = a.Nomad.Holds(ctx, r.Job.ID)
		return err
	})
	if err != nil || index == r.Expect || hash != r.Job.Hash {
		return 0, cause
	}
	return index, nil
}

// remember writes what was registered to Drover's state, in one transaction.
func (a *application) remember(done []registered) error {
	var commands []state.Command
	for _, r := range done {
		command, err := a.applied(r.Job, r.index)
		if err != nil {
			return err
		}
		commands = append(commands, command)
	}
	return a.State.ApplyAll(commands)
}

func (a *application) applied(job *jobspecs.Job, index uint64) (state.Command, error) {
	spec, err := jobspecs.Encode(job)
	if err != nil {
		return nil, err
	}
	return state.PutApplied{Applied: state.Applied{
		Platform: a.plan.Platform, Job: job.ID, Hash: job.Hash, ModifyIndex: index, Spec: spec, Grant: job.Grant, Secrets: job.Secrets, At: a.Now(),
	}}, nil
}

// remove stops what is no longer wanted, then takes its access away.
func (a *application) remove(ctx context.Context, i int, w scheduler.Wave) error {
	var mu sync.Mutex
	var commands []state.Command
	err := each(ctx, w.Stop, func(ctx context.Context, s scheduler.Stop) error {
		if err := a.Nomad.Deregister(ctx, s.Job, s.Expect); err != nil {
			return err
		}
		a.report(i, "job "+string(s.Job), StateDone, "stopped; its volume and secrets stay")
		mu.Lock()
		defer mu.Unlock()
		commands = append(commands, state.DeleteApplied{Platform: a.plan.Platform, Job: s.Job})
		return nil
	}, func() error {
		return each(ctx, w.DeleteGrants, func(ctx context.Context, g scheduler.DeleteGrant) error {
			if err := a.Vault.DeleteGrant(ctx, a.plan.Vault.Auth, g.Name); err != nil {
				return err
			}
			a.report(i, "vault grant "+g.Name, StateDone, "removed")
			return nil
		}, nil)
	})
	return joinErrors(err, a.State.ApplyAll(commands))
}

// each calls do for every item, several at a time, and then next, unless one
// failed. It returns the first error; items that had begun are finished.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error, next func() error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, item := range items {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(context.WithoutCancel(ctx), item)
		})
	}
	if err := group.Wait(); err != nil || next == nil {
		return err
	}
	return next()
}

// joinErrors joins what is not nil, keeping a single error as it is.
func joinErrors(errs ...error) error {
	joined := errors.Join(errs...)
	if one, ok := joined.(interface{ Unwrap() []error }); ok && len(one.Unwrap()) == 1 {
		return one.Unwrap()[0]
	}
	return joined
}
