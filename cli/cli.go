// Package cli is Drover's command line: one file per command, all of them in
// the table of [Commands].
//
// A command is a [Command]: its name, its hand-set help, its flags and a
// function that gets a [Meta] with the streams, the flags and the arguments.
// Results go to standard output, everything else to standard error; nothing
// but main knows the process's own streams, environment and exit status.
//
// # Exit status
//
//	0    done
//	1    failed ("plan" and "drift": there are changes)
//	2    the command line is wrong
//	255  failed, for the commands whose 1 means something else
//
// # Errors
//
// An error is one sentence after "Error: ", and what to do about it on the
// next line, indented. Commands return errors; [Run] prints them.
package cli

import (
	"context"
	"io"
)

// Streams is what a command sees of the process that it runs in.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Env looks up an environment variable, as os.LookupEnv does.
	Env func(string) (string, bool)
	// OutTerminal and ErrTerminal say whether somebody is watching.
	OutTerminal, ErrTerminal bool
	// Width of the terminal in columns; 0 when it is not known.
	Width int
	// Version of the program, as "drover version" prints it.
	Version string
}

// Getenv returns the value of an environment variable, "" when it is not set.
func (s Streams) Getenv(name string) string {
	value, _ := s.Env(name)
	return value
}

// Run runs one command line, without the program's name, and returns the exit
// status. A command stops when ctx ends.
func Run(ctx context.Context, args []string, s Streams) int {
	r := runner{streams: s, commands: Commands()}
	err := r.app().RunContext(ctx, append([]string{program}, args...))
	return r.finish(ctx, err)
}
