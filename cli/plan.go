package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"
)

// statusPlanError is the exit status of an error where 1 means that there are
// changes, as in Nomad's "job plan".
const statusPlanError = 255

const planHelp = `Usage: drover plan [options] PATH

  Shows what "drover apply" would change: what does not exist yet, what differs
  field by field, what is no longer wanted, and what Nomad cannot place and
  why. Changes nothing.

  PATH is a platform file, or a folder of them.

Exit codes:

  0    nothing would change
  1    something would change
  255  the plan could not be made

Options:

  -out=<file>
    Save the plan. "drover apply FILE" then applies exactly this plan, and
    refuses it when anything that it looked at has moved since.

` + varHelp + `
` + stateHelp + `
` + dataHelp + `
` + connectionHelp + `
Example:

  $ drover plan -out plan.json platform.hcl
  $ drover apply plan.json
`

func planCommand() Command {
	return Command{
		Name: "plan", Synopsis: "Show what applying a platform would change", Help: planHelp,
		Flags: []cli.Flag{&cli.StringFlag{Name: "out"}},
		Args:  Args{Min: 1, Max: 1, Usage: "PATH"},
		Data:  true, Platform: true, Servers: true, State: true, Failure: statusPlanError,
		Run: runPlan,
	}
}

func runPlan(ctx context.Context, m *Meta) (err error) {
	path := m.Args[0]
	file, err := m.source(path)
	if err != nil {
		return err
	}
	t, err := m.target()
	if err != nil {
		return err
	}
	s, err := m.open(t, file.Platform.Namespace, file.Platform.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	d := desire(&file.Platform)
	plan, err := s.Plan(ctx, d, true)
	if err != nil {
		return err
	}
	if err := m.fits(ctx, s, file); err != nil {
		return err
	}
	if out := m.Flags.String("out"); out != "" {
		source, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		saved := savedPlan{Created: time.Now().UTC(), Source: source, Region: file.Platform.Region, Desired: d, Plan: plan}
		if err := saved.write(out); err != nil {
			return fmt.Errorf("save the plan: %w", err)
		}
		fmt.Fprintf(m.Err, "Saved to %s. Apply exactly this plan with: drover apply %s\n", out, out)
	}
	if err := m.show(plan, plan.String); err != nil {
		return err
	}
	switch {
	case len(plan.Conflicts) > 0:
		return conflictError(plan)
	case !plan.Empty():
		return Exit(1)
	}
	return nil
}
