package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestRun_PrintsErrors(t *testing.T) {
	plain := services.Errorf(services.CodeInvalid, "it is wrong")
	hinted := services.Errorf(services.CodeConflict, "it moved").WithHint("Plan again")
	for name, c := range map[string]struct {
		err     error
		failure int
		status  int
		want    string
	}{
		"none":              {status: 0},
		"plain":             {err: plain, status: 1, want: "Error: it is wrong\n"},
		"with a hint":       {err: hinted, status: 1, want: "Error: it moved\n  Plan again\n"},
		"wrapped":           {err: fmt.Errorf("wave 2: %w", hinted), status: 1, want: "Error: wave 2: it moved\n  Plan again\n"},
		"joined":            {err: errors.Join(hinted, plain), status: 1, want: "Error: it moved\n  Plan again\nError: it is wrong\n"},
		"of a plan":         {err: plain, failure: 255, status: 255, want: "Error: it is wrong\n"},
		"a status":          {err: Exit(1), failure: 255, status: 1},
		"reported":          {err: errors.Join(reported{}), failure: 255, status: 255},
		"usage, of a plan":  {err: usagef("drover probe", "no"), failure: 255, status: 2, want: "Error: no\n  See \"drover probe -help\"\n"},
		"canceled, not ctx": {err: context.Canceled, status: 1, want: "Error: context canceled\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			r := runner{streams: Streams{Out: &stdout, Err: &stderr, Env: func(string) (string, bool) { return "", false }}}
			r.commands = []Command{{Name: "probe", Failure: c.failure, Run: func(context.Context, *Meta) error { return c.err }}}
			err := r.app().RunContext(t.Context(), []string{program, "probe"})
			require.Equal(t, c.status, r.finish(t.Context(), err))
			require.Equal(t, c.want, stderr.String())
			require.Empty(t, stdout.String())
		})
	}
}

func TestRun_Interrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr strings.Builder
	r := runner{streams: Streams{Err: &stderr}}
	require.Equal(t, 1, r.finish(ctx, fmt.Errorf("apply: %w", ctx.Err())))
	require.Equal(t, "Error: interrupted: context canceled\n", stderr.String())
}
