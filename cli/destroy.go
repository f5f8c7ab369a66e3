package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/services"
)

const destroyHelp = `Usage: drover destroy [options] PATH

  Stops every job of a platform and takes its access to Vault away. Volumes
  and secrets stay: applying the same file again finds everything as it was.

Exit codes:

  0  done
  1  failed

Options:

  -yes
    Do not ask.

` + varHelp + `
` + stateHelp + `
` + plainHelp + `
` + connectionHelp

func destroyCommand() Command {
	return Command{
		Name: "destroy", Synopsis: "Stop a platform; volumes and secrets stay", Help: destroyHelp,
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "yes"}},
		Args:     Args{Min: 1, Max: 1, Usage: "PATH"},
		Platform: true, Servers: true, State: true,
		Run: runDestroy,
	}
}

func runDestroy(ctx context.Context, m *Meta) (err error) {
	file, err := m.source(m.Args[0])
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
	d.Jobs = nil
	plan, err := s.Plan(ctx, d, false)
	if err != nil {
		return err
	}
	return m.carryOut(ctx, s, applyOptions{yes: m.Flags.Bool("yes")}, plan, jobNames(&file.Platform))
}

// confirm asks on a terminal whether to go on. Where nobody can answer it
// refuses, and says how to go on without asking.
func (m *Meta) confirm(what string) error {
	if !m.OutTerminal || !m.ErrTerminal {
		return services.Errorf(services.CodeInvalid, "%s", strings.TrimSuffix(what, ".")).
			WithHint("Nothing was changed. Use -yes to go on without being asked")
	}
	fmt.Fprintf(m.Err, "%s\nGo on? Only \"yes\" does: ", what)
	answer, err := bufio.NewReader(m.In).ReadString('\n')
	if err != nil && answer == "" || strings.TrimSpace(answer) != "yes" {
		return services.Errorf(services.CodeInvalid, "not confirmed").WithHint("Nothing was changed")
	}
	return nil
}
