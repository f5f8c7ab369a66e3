package cli

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	names := []string{"apply", "destroy", "drift", "fmt", "plan", "render", "status", "validate"}
	for given, want := range map[string]string{
		"pln":       "plan",
		"plann":     "plan",
		"aply":      "apply",
		"validdate": "validate",
		"vlidat":    "validate",
		"stats":     "status",
		"xyz":       "",
		"install":   "",
		"":          "",
	} {
		require.Equal(t, want, nearest(given, names), "%q", given)
	}
}

// No command line, however wrong, panics, ends with a status that is not
// documented, or runs a command with arguments that it does not take.
func FuzzRun(f *testing.F) {
	for _, seed := range []string{
		"", "-", "--", "validate a", "plan -json -t x", "workload nope", "workload app -listen", "fmt -check -", "fmt a -check",
		"version --json=no", "-help", "render -h", "-version", "__complete pl", "validate -var a=b -- -x", "apply -- x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var stdout, stderr strings.Builder
		r := runner{commands: idle(t, Commands()), streams: Streams{
			Out: &stdout, Err: &stderr, Env: func(string) (string, bool) { return "", false },
		}}
		status := r.finish(t.Context(), r.app().RunContext(t.Context(), append([]string{program}, strings.Fields(line)...)))
		require.Contains(t, []int{statusDone, statusUsage}, status)
		require.Equal(t, status == statusUsage, stderr.String() != "")
	})
}

// idle returns the commands with functions that check their arguments alone.
func idle(t *testing.T, commands []Command) []Command {
	out := slices.Clone(commands)
	for i := range out {
		c := &out[i]
		c.Subcommands = idle(t, c.Subcommands)
		if c.Run == nil {
			continue
		}
		c.Run = func(_ context.Context, m *Meta) error {
			require.GreaterOrEqual(t, len(m.Args), c.Args.Min)
			require.True(t, c.Args.Max < 0 || len(m.Args) <= c.Args.Max)
			require.False(t, m.JSON && m.Template != "")
			return nil
		}
	}
	return out
}
