package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/drover-platform/drover/services"
)

// The exit statuses that all commands share.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// exitError ends a command with a status and no message: what there is to say
// has been said.
type exitError struct{ status int }

// Error says what the status is, for logs.
func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// Exit returns an error that ends the program with a status and prints
// nothing. "drover plan" returns Exit(1) when there are changes.
func Exit(status int) error { return exitError{status} }

// reported is the error of a command that failed and has said why.
type reported struct{}

// Error is for logs alone.
func (reported) Error() string { return "failed; the reason was printed" }

// finish prints an error and returns the exit status.
func (r *runner) finish(ctx context.Context, err error) int {
	if err == nil {
		return statusDone
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return e.status
	}
	if _, ok := errors.AsType[reported](err); ok {
		return cmp.Or(r.failure, statusFailed)
	}
	if _, said := errors.AsType[*services.Error](err); !said && errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = services.Errorf(services.CodeUnavailable, "interrupted: %w", context.Cause(ctx))
	}
	printError(r.streams.Err, err)
	if _, ok := errors.AsType[usageError](err); ok {
		return statusUsage
	}
	return cmp.Or(r.failure, statusFailed)
}

// printError prints an error for people: the sentence, and on the next line
// what to do. Joined errors are printed one after the other.
func printError(w io.Writer, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			printError(w, e)
		}
		return
	}
	text, hint := err.Error(), ""
	if e, ok := errors.AsType[*services.Error](err); ok && e.Hint != "" {
		hint = e.Hint
		text = strings.TrimSuffix(text, ". "+hint)
	}
	fmt.Fprintf(w, "Error: %s\n", printable(text))
	if hint != "" {
		fmt.Fprintf(w, "  %s\n", printable(hint))
	}
}
