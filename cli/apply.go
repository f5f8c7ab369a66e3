package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

const applyHelp = `Usage: drover apply [options] PATH|SAVED

  Makes what runs into what a platform file or folder says, in waves: Vault
  roles, policies and secrets; volumes; the Hub; linkage services and runners;
  Apps, a few at first; last, what is no longer wanted is stopped. A wave
  starts when the one before is healthy. A wave that fails is reverted, with
  the failed task's own error shown.

  SAVED is a plan that "drover plan -out" saved. It is applied as it is, or
  refused as a whole when anything that it looked at has moved since.

  Ctrl-C ends the waiting and reverts nothing; the next apply goes on.

Exit codes:

  0  done
  1  failed; what failed was reverted

Options:

  -detach
    Do not wait for health. A failure is then not noticed, and nothing is
    reverted.

  -yes
    Do not ask before jobs are stopped that are no longer wanted.

` + varHelp + `
` + stateHelp + `
` + plainHelp + `
` + connectionHelp

func applyCommand() Command {
	return Command{
		Name: "apply", Synopsis: "Make what runs into what a platform file says", Help: applyHelp,
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "detach"}, &cli.BoolFlag{Name: "yes"}},
		Args:     Args{Min: 1, Max: 1, Usage: "PATH or SAVED"},
		Platform: true, Servers: true, State: true,
		Run: runApply,
	}
}

func runApply(ctx context.Context, m *Meta) error {
	t, err := m.target()
	if err != nil {
		return err
	}
	o := applyOptions{target: t, detach: m.Flags.Bool("detach"), yes: m.Flags.Bool("yes")}
	saved, ok, err := readSaved(m.Args[0])
	if err != nil {
		return err
	}
	if ok {
		return m.applySaved(ctx, o, saved)
	}
	return m.applyFile(ctx, o, m.Args[0])
}

// applyOptions say where and how to apply.
type applyOptions struct {
	target target
	detach bool
	yes    bool
}

func (m *Meta) applyFile(ctx context.Context, o applyOptions, path string) (err error) {
	file, err := m.source(path)
	if err != nil {
		return err
	}
	s, err := m.open(o.target, file.Platform.Namespace, file.Platform.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	plan, err := s.Plan(ctx, desire(&file.Platform), false)
	if err != nil {
		return err
	}
	if err := m.fits(ctx, s, file); err != nil {
		return err
	}
	if err := m.carryOut(ctx, s, o, plan, jobNames(&file.Platform)); err != nil {
		return err
	}
	source, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return s.remember(desire(&file.Platform), source)
}

// applySaved applies a saved plan as it is, or not at all.
func (m *Meta) applySaved(ctx context.Context, o applyOptions, saved savedPlan) (err error) {
	s, err := m.open(o.target, saved.Plan.Namespace, saved.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	now, err := s.Plan(ctx, saved.Desired, false)
	if err != nil {
		return err
	}
	if moved := scheduler.Moved(saved.Plan, now); len(moved) > 0 {
		return services.Errorf(services.CodeConflict, "the saved plan is refused, because these have moved since it was made: %s", strings.Join(moved, "; ")).
			WithHint("Nothing was changed. Plan again")
	}
	if err := m.carryOut(ctx, s, o, saved.Plan, nil); err != nil {
		return err
	}
	return s.remember(saved.Desired, saved.Source)
}

// carryOut applies a plan and shows how it goes.
func (m *Meta) carryOut(ctx context.Context, s *session, o applyOptions, plan scheduler.Plan, names map[string]string) error {
	if len(plan.Conflicts) > 0 {
		return conflictError(plan)
	}
	if plan.Settled() {
		if _, err := s.Apply(ctx, plan, engine.Options{}); err != nil {
			return err
		}
		fmt.Fprintln(m.Out, plan.Summary())
		return nil
	}
	if stops := stopped(plan); len(stops) > 0 && !o.yes {
		if err := m.confirm(fmt.Sprintf("This stops %s. Volumes and secrets stay.", strings.Join(stops, ", "))); err != nil {
			return err
		}
	}
	view := newProgress(m.Streams, names)
	outcome, err := s.Apply(ctx, plan, engine.Options{Detach: o.detach, Progress: view.event})
	view.clear()
	if err != nil {
		switch {
		case len(outcome.NotReverted) > 0:
			fmt.Fprintf(m.Out, "Wave %d failed and could not be reverted as a whole: %s; the waves before it stay.\n", outcome.Waves+1, strings.Join(outcome.NotReverted, ", "))
		case len(outcome.Reverted) > 0:
			fmt.Fprintf(m.Out, "Wave %d failed and was reverted; the waves before it stay.\n", outcome.Waves+1)
		}
		return err
	}
	if plan.Empty() {
		fmt.Fprintln(m.Out, plan.Summary())
		return nil
	}
	n := plan.Count()
	fmt.Fprintf(m.Out, "Applied: %d created, %d updated, %d stopped or removed, %d unchanged.\n", n.Create, n.Update, n.Stop, plan.Unchanged)
	return nil
}

// stopped lists the jobs that a plan stops.
func stopped(plan scheduler.Plan) []string {
	var out []string
	for _, w := range plan.Waves {
		for _, s := range w.Stop {
			out = append(out, "job "+string(s.Job))
		}
	}
	return out
}

func conflictError(plan scheduler.Plan) error {
	var words []string
	for _, c := range plan.Conflicts {
		words = append(words, strings.Replace(c.Object, "/", " ", 1)+" "+c.Reason)
	}
	return services.Errorf(services.CodeConflict, "%s", strings.Join(words, "; ")).WithHint("Nothing was changed")
}

// jobNames says what people call the objects of a platform.
func jobNames(p *services.Platform) map[string]string {
	names := map[string]string{}
	add := func(id services.JobID, volume *services.Volume, name string) {
		names["job "+string(id)] = name
		if volume != nil {
			names["volume "+string(volume.ID)] = name
		}
	}
	if h := p.Hub; h != nil {
		add(h.ID, h.Volume, "Hub "+h.Name)
	}
	for _, l := range p.Linkages {
		add(l.ID, nil, "linkage "+l.Name)
	}
	for _, r := range p.Runners {
		add(r.ID, nil, "runner "+r.Name)
	}
	for _, a := range p.Apps {
		add(a.ID, a.Volume, a.User+"'s "+a.Profile)
	}
	return names
}
