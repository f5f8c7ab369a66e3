package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// Apply carries the plan out, wave by wave. The first wave that fails is
// reverted and ends the apply with an error that carries the failed task's own
// words; the waves before it stay. A cancelled context stops the waiting and
// reverts nothing: the next apply goes on.
func (e *Engine) Apply(ctx context.Context, plan scheduler.Plan, opts Options) (Outcome, error) {
	if len(plan.Conflicts) > 0 {
		var words []string
		for _, c := range plan.Conflicts {
			words = append(words, c.Object+" "+c.Reason)
		}
		return Outcome{}, services.Errorf(services.CodeConflict, "the plan cannot be applied: %s", strings.Join(words, "; "))
	}
	if err := e.permitted(ctx, plan); err != nil {
		return Outcome{}, err
	}
	a := &application{Engine: e, plan: plan, opts: opts, before: map[services.JobID]services.Grant{}}
	if err := a.adopt(); err != nil || len(plan.Waves) == 0 {
		return a.outcome, err
	}
	// Recorded before anything changes, so that an apply that is killed
	// leaves a trace; and once more when it ends.
	record := state.ApplyRecord{StartedAt: e.Now(), Outcome: "did not end", Changes: changesOf(plan)}
	err := e.State.Apply(state.RecordApply{Platform: plan.Platform, Record: record})
	if err != nil {
		return a.outcome, err
	}
	for i, w := range plan.Waves {
		if err = a.wave(ctx, i, w); err != nil {
			if _, said := errors.AsType[*services.Error](err); !said && ctx.Err() != nil {
				err = stopped(ctx)
			}
			break
		}
		a.outcome.Waves++
	}
	if err == nil {
		a.outcome.Changed = plan.Count()
	}
	record.EndedAt, record.Outcome = e.Now(), "applied"
	if err != nil {
		// Without what tasks printed: that is theirs to keep, and may be a
		// secret.
		record.Outcome = "failed: " + firstLine(err.Error())
	}
	return a.outcome, joinErrors(err, e.State.ApplyAll([]state.Command{
		state.RecordApply{Platform: plan.Platform, Record: record},
		state.TrimHistory{Platform: plan.Platform, Keep: keepHistory},
	}))
}

// keepHistory is how many applies of a platform are remembered.
const keepHistory = 200

// application is one apply under way.
type application struct {
	*Engine
	plan    scheduler.Plan
	opts    Options
	outcome Outcome
	// before is what the grants that this apply updated permitted before.
	before map[services.JobID]services.Grant

	mu sync.Mutex // guards outcome, before and calls of opts.Progress
}

func (a *application) report(wave int, object string, s State, format string, args ...any) {
	event := Event{
		Wave: wave + 1, Waves: len(a.plan.Waves), Name: a.plan.Waves[wave].Name,
		Object: object, State: s, Detail: fmt.Sprintf(format, args...),
	}
	log := a.Logger.Debug
	if s == StateFailed {
		log = a.Logger.Warn
	}
	log("apply", "wave", event.Wave, "object", object, "state", string(s), "detail", firstLine(event.Detail))
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opts.Progress != nil {
		a.opts.Progress(event)
	}
}

// adopt makes Drover's state remember jobs that it finds as they should be, and
// forget those that somebody else stopped or purged.
func (a *application) adopt() error {
	var commands []state.Command
	for _, x := range a.plan.Adopt {
		command, err := a.applied(x.Job, x.Index)
		if err != nil {
			return err
		}
		commands = append(commands, command)
	}
	for _, v := range a.plan.AdoptVolumes {
		commands = append(commands, state.PutVolume{Platform: a.plan.Platform, Record: state.VolumeRecord{Volume: v.Volume, NomadID: v.NomadID, CreatedAt: a.Now()}})
	}
	for _, id := range a.plan.Forget {
		commands = append(commands, state.DeleteApplied{Platform: a.plan.Platform, Job: id})
	}
	return a.State.ApplyAll(commands)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
