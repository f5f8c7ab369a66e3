package cli

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/services"
)

// usageError is a command line that is wrong.
type usageError struct{ err *services.Error }

// Error returns the sentence and what to do.
func (e usageError) Error() string { return e.err.Error() }

// Unwrap returns the error that is printed.
func (e usageError) Unwrap() error { return e.err }

// usagef returns a [usageError] that points to the help of the command at
// path.
func usagef(path, format string, args ...any) error {
	return usageError{services.Errorf(services.CodeInvalid, format, args...).
		WithHint("See \"%s -help\"", path)}
}

// Usagef is for commands that find a flag or an argument wrong: the exit
// status is 2.
func (m *Meta) Usagef(format string, args ...any) error { return usagef(m.path, format, args...) }

// checkArgs rejects flags after the first argument, which the parser takes
// for arguments, and too few or too many arguments.
func checkArgs(c *Command, path string, args []string) error {
	if c.Raw {
		return nil
	}
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") && arg != "-" {
			if i == 0 { // after "--"
				return usagef(path, "the argument %q starts with a dash; write \"./%s\" if it is a file", arg, arg)
			}
			return usagef(path, "the flag %s stands after the argument %q; flags come first", arg, args[0])
		}
	}
	switch {
	case len(args) < c.Args.Min:
		return usagef(path, "%s needs %s", path, c.Args.Usage)
	case c.Args.Max == 0 && len(args) > 0:
		return usagef(path, "%s takes no arguments, but got %q", path, args[0])
	case c.Args.Max > 0 && len(args) > c.Args.Max:
		return usagef(path, "%s takes %s alone, but also got %q", path, c.Args.Usage, args[c.Args.Max])
	}
	return nil
}

// flagError explains what the flag package found wrong. It takes -help and
// -h, which are defined nowhere, for errors.
func (r *runner) flagError(c *Command, path string) cli.OnUsageErrorFunc {
	return func(_ *cli.Context, err error, _ bool) error {
		if errors.Is(err, flag.ErrHelp) {
			_, err := io.WriteString(r.streams.Out, c.help(path))
			return err
		}
		text := err.Error()
		if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
			name = strings.TrimLeft(name, "-")
			known := flagNames(c)
			if meant := nearest(name, known); meant != "" {
				return usagef(path, "%s has no flag -%s; did you mean -%s?", path, name, meant)
			}
			return usagef(path, "%s has no flag -%s", path, name)
		}
		return usagef(path, "%s", text)
	}
}

func unknownCommand(group *Command, path, name string) error {
	var known []string
	for _, c := range group.Subcommands {
		if !c.Hidden {
			known = append(known, c.Name)
		}
	}
	if meant := nearest(name, known); meant != "" {
		return usagef(path, "%s has no command %q; did you mean %q?", path, name, meant)
	}
	return usagef(path, "%s has no command %q", path, name)
}

// flagNames returns the names of a command's flags, sorted.
func flagNames(c *Command) []string {
	var names []string
	for _, f := range c.allFlags() {
		names = append(names, f.Names()...)
	}
	if c.Name == program {
		names = append(names, "version")
	}
	names = append(names, "help")
	slices.Sort(names)
	return names
}

// nearest returns the name that was probably meant, "" when none is near.
func nearest(given string, names []string) string {
	best, least := "", max(1, min(len(given), 9)/3)+1
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < least {
			best, least = name, d
		}
	}
	return best
}
