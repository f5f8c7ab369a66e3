package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/services"
)

const driftHelp = `Usage: drover drift [options] [PATH]

  Shows what somebody changed outside Drover since the last apply, field by
  field: what runs now, and what was applied. What Nomad filled in, and counts
  that a scaling policy owns, are no drift. Changes nothing.

  Without PATH, looks at the platform that was applied from this state folder.

Exit codes:

  0    nothing drifted
  1    something did
  255  it could not be told

Options:

` + varHelp + `
` + stateHelp + `
` + dataHelp + `
` + connectionHelp

func driftCommand() Command {
	return Command{
		Name: "drift", Synopsis: "Show what was changed outside Drover", Help: driftHelp,
		Args: Args{Max: 1, Usage: "PATH"},
		Data: true, Platform: true, Servers: true, State: true, Failure: statusPlanError,
		Run: runDrift,
	}
}

func runDrift(ctx context.Context, m *Meta) (err error) {
	t, err := m.target()
	if err != nil {
		return err
	}
	d, platform, err := m.platform(t, m.Flags.Args().First())
	if err != nil {
		return err
	}
	s, err := m.open(t, d.Namespace, platform.Region)
	if err != nil {
		return err
	}
	defer closing(&err, s.Close)
	found, err := s.Drift(ctx, d)
	if err != nil {
		return err
	}
	if err := m.show(found, func() string { return driftText(found) }); err != nil {
		return err
	}
	if len(found) > 0 {
		return Exit(1)
	}
	return nil
}

func driftText(found []engine.Drifted) string {
	if len(found) == 0 {
		return "No drift: everything is as it was applied.\n"
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "~ %s (%s)\n", f.Object, f.Reason)
		for _, c := range f.Changes {
			fmt.Fprintf(&b, "    %s\n", c)
		}
	}
	fmt.Fprintf(&b, "%d drifted. \"drover plan\" shows what an apply would bring back.\n", len(found))
	return b.String()
}

// remembered returns the file of the one platform that the state folder knows.
func (m *Meta) remembered(dir string) (path string, err error) {
	store, err := state.Open(state.Config{Dir: dir, Logger: m.logger()})
	if err != nil {
		return "", err
	}
	defer closing(&err, store.Close)
	platforms, err := store.Platforms()
	if err != nil {
		return "", err
	}
	switch len(platforms) {
	case 0:
		return "", services.Errorf(services.CodeNotFound, "the state folder %s remembers no platform", dir).
			WithHint("Name a platform file, or the -state folder that it was applied with")
	case 1:
		return platforms[0].Source, nil
	}
	var sources []string
	for _, p := range platforms {
		sources = append(sources, p.Source)
	}
	return "", services.Errorf(services.CodeInvalid, "the state folder %s remembers %d platforms", dir, len(platforms)).
		WithHint("Name one of their files: %s", strings.Join(sources, ", "))
}
