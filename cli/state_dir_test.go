package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStateDir(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string // "" is an error
	}{
		"home":             {env: map[string]string{"HOME": "/home/a"}, want: "/home/a/.local/state/drover"},
		"XDG":              {env: map[string]string{"HOME": "/home/a", "XDG_STATE_HOME": "/xdg"}, want: "/xdg/drover"},
		"XDG, relative":    {env: map[string]string{"HOME": "/home/a", "XDG_STATE_HOME": "xdg"}, want: "/home/a/.local/state/drover"},
		"variable":         {env: map[string]string{"HOME": "/home/a", "DROVER_STATE": "/var/lib/drover"}, want: "/var/lib/drover"},
		"flag":             {env: map[string]string{"DROVER_STATE": "/var/lib/drover"}, args: []string{"-state", "/srv"}, want: "/srv"},
		"flag, relative":   {args: []string{"-state", "x"}, want: filepath.Join(here, "x")},
		"nothing says so":  {},
		"XDG without home": {env: map[string]string{"XDG_STATE_HOME": "xdg"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			var failed error
			probe := Command{Name: "probe", State: true, Run: func(_ context.Context, m *Meta) error {
				got, failed = m.StateDir()
				return nil
			}}
			r := runner{commands: []Command{probe}, streams: Streams{Out: io.Discard, Err: io.Discard, Env: func(name string) (string, bool) {
				value, ok := c.env[name]
				return value, ok
			}}}
			require.NoError(t, r.app().RunContext(t.Context(), append([]string{program, "probe"}, c.args...)))
			if c.want == "" {
				require.ErrorContains(t, failed, "Set DROVER_STATE or use -state")
				return
			}
			require.NoError(t, failed)
			require.Equal(t, c.want, got)
		})
	}
}
