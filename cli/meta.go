package cli

import (
	"github.com/urfave/cli/v2"
)

// Meta is what a running command works with.
type Meta struct {
	Streams
	// Args are the arguments, checked against [Command.Args].
	Args []string
	// Flags are the values of the command's flags.
	Flags *cli.Context

	// JSON and Template are -json and -t of a command that prints data; at
	// most one is set. See [Meta.Format].
	JSON     bool
	Template string

	// ErrColor and OutColor say whether to color each stream: it is a
	// terminal, NO_COLOR is not set and -no-color was not given.
	OutColor, ErrColor bool

	path string // "drover plan"
	vars []string
}

func newMeta(c *Command, path string, s Streams, in *cli.Context) (*Meta, error) {
	m := &Meta{Streams: s, Args: in.Args().Slice(), Flags: in, path: path}
	if c.Data {
		m.JSON, m.Template = in.Bool("json"), in.String("t")
		if m.JSON && m.Template != "" {
			return nil, m.Usagef("-json and -t exclude each other")
		}
		if err := m.checkTemplate(); err != nil {
			return nil, err
		}
	}
	if c.Platform {
		m.vars = in.StringSlice("var")
	}
	plain := in.Bool("no-color") || s.Getenv("NO_COLOR") != ""
	m.OutColor = s.OutTerminal && !plain
	m.ErrColor = s.ErrTerminal && !plain
	return m, nil
}
