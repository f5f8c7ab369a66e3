package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// program is what messages call the program, whatever its file is called.
const program = "drover"

// Command is one command, or a group of them.
type Command struct {
	Name     string
	Synopsis string // one line for lists of commands
	// Help is the whole text of -help, hand-set: usage, what it does, options,
	// exit codes, examples. Groups have none; theirs lists their commands.
	Help  string
	Flags []cli.Flag
	Args  Args

	// Data adds -json and -t: the command prints a value, by [Meta.Format].
	Data bool
	// Platform adds -var: the command reads a platform file, by
	// [Meta.Platform].
	Platform bool
	// Servers adds the addresses of Nomad, Consul and Vault: the command talks
	// to them, by [Meta.Connection].
	Servers bool
	// State adds -state: the command uses Drover's own state, by
	// [Meta.StateDir].
	State bool

	// Failure is the exit status of an error; 0 means 1.
	Failure int
	// Hidden commands are in no list.
	Hidden bool
	// Raw passes on all arguments as they are, flags too.
	Raw bool

	Run         func(ctx context.Context, m *Meta) error
	Subcommands []Command // makes it a group; Run is nil then
}

// Args says how many arguments a command takes and what they are.
type Args struct {
	Min, Max int // Max < 0 is any number
	// Usage names them, such as "PATH" or "PATH...".
	Usage string
}

// allFlags returns the command's own flags and those that it shares.
func (c *Command) allFlags() []cli.Flag {
	flags := slices.Clone(c.Flags)
	if c.Data {
		flags = append(flags,
			&cli.BoolFlag{Name: "json"},
			&cli.StringFlag{Name: "t"},
		)
	}
	if c.Platform {
		flags = append(flags, &cli.StringSliceFlag{Name: "var", KeepSpace: true})
	}
	if c.Servers {
		flags = append(flags, connectionFlags()...)
	}
	if c.State {
		flags = append(flags, &cli.StringFlag{Name: "state"})
	}
	if c.Run != nil && !c.Raw {
		flags = append(flags, &cli.BoolFlag{Name: "no-color"})
	}
	return flags
}

// runner turns the table of commands into an application of urfave/cli.
type runner struct {
	streams  Streams
	commands []Command
	failure  int // exit status of an error, once the command is known
}

func (r *runner) app() *cli.App {
	root := Command{Name: program, Subcommands: r.commands}
	app := &cli.App{
		Name:                      program,
		Reader:                    r.streams.In,
		Writer:                    r.streams.Out,
		ErrWriter:                 r.streams.Err,
		Flags:                     []cli.Flag{&cli.BoolFlag{Name: "version"}},
		HideHelp:                  true, // flagError shows ours
		HideVersion:               true,
		DisableSliceFlagSeparator: true, // a value may have commas
		OnUsageError:              r.flagError(&root, program),
		// Errors are printed by finish and end the process in main.
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				return printVersion(&Meta{Streams: r.streams})
			}
			return r.missing(c, &root, program)
		},
	}
	for i := range r.commands {
		app.Commands = append(app.Commands, r.command(&r.commands[i], program))
	}
	return app
}

// command converts one command. path is what stands before its name.
func (r *runner) command(c *Command, path string) *cli.Command {
	path += " " + c.Name
	out := &cli.Command{
		Name:            c.Name,
		Usage:           c.Synopsis,
		Flags:           c.allFlags(),
		HideHelp:        true,
		Hidden:          c.Hidden,
		SkipFlagParsing: c.Raw,
		OnUsageError:    r.flagError(c, path),
	}
	if c.Run == nil {
		for i := range c.Subcommands {
			out.Subcommands = append(out.Subcommands, r.command(&c.Subcommands[i], path))
		}
		out.Action = func(in *cli.Context) error { return r.missing(in, c, path) }
		return out
	}
	out.Action = func(in *cli.Context) error {
		if err := checkArgs(c, path, in.Args().Slice()); err != nil {
			return err
		}
		m, err := newMeta(c, path, r.streams, in)
		if err != nil {
			return err
		}
		r.failure = c.Failure
		return c.Run(in.Context, m)
	}
	return out
}

// missing is what a group does when no command of it was named, or one that
// does not exist.
func (r *runner) missing(in *cli.Context, group *Command, path string) error {
	if name := in.Args().First(); name != "" {
		return unknownCommand(group, path, name)
	}
	if _, err := io.WriteString(r.streams.Err, group.help(path)); err != nil {
		return err
	}
	return Exit(statusUsage)
}

// help is what -help prints.
func (c *Command) help(path string) string {
	if c.Run == nil {
		return groupHelp(path, c)
	}
	return c.Help
}

// groupHelp is the help of a group of commands.
func groupHelp(path string, group *Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s COMMAND [options] [arguments]\n\n", path)
	if group.Help != "" {
		b.WriteString(group.Help + "\n")
	}
	b.WriteString("Commands:\n")
	width := 0
	for _, c := range group.Subcommands {
		if !c.Hidden {
			width = max(width, len(c.Name))
		}
	}
	for _, c := range group.Subcommands {
		if !c.Hidden {
			fmt.Fprintf(&b, "  %-*s  %s\n", width, c.Name, c.Synopsis)
		}
	}
	fmt.Fprintf(&b, "\n\"%s COMMAND -help\" explains a command.\n", path)
	return b.String()
}
