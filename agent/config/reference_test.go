package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReference holds REFERENCE.md against the schema: every block has a
// section, every argument and block a row in it, and no row is about something
// that does not exist.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("REFERENCE.md")
	require.NoError(t, err)
	sections := map[string]string{}
	for _, part := range regexp.MustCompile("(?m)^## ").Split(string(text), -1)[1:] {
		title, body, _ := strings.Cut(part, "\n")
		sections[title] = body
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|")
	checked := 0
	var check func(s section)
	check = func(s section) {
		title := "`" + s.name + "`"
		if s.name == "" {
			title = "Top level"
		}
		require.Contains(t, sections, title)
		var got []string
		for _, m := range row.FindAllStringSubmatch(sections[title], -1) {
			got = append(got, m[1])
		}
		arguments, blocks := s.names()
		slices.Sort(got)
		want := slices.Concat(arguments, blocks)
		slices.Sort(want)
		require.Equal(t, want, got, "rows of %s", title)
		checked++
		for _, b := range s.blocks {
			check(b)
		}
	}
	var c Config
	check((&decoder{}).schema(&c))
	require.Len(t, sections, checked)
}

// Whatever a file holds, loading it gives a configuration that holds what it
// promises, or errors that each have a place; and no literal token is shown.
func FuzzParse(f *testing.F) {
	sample, err := os.ReadFile("drover.hcl")
	require.NoError(f, err)
	f.Add(sample)
	f.Add([]byte("listen = \"0.0.0.0:1\"\nnomad { token = \"hunter2\" }\n"))
	f.Add([]byte("reconcile {\n resync = \"-1s\"\n drift = env(\"X\")\n}\ntls {}\nretention { history = 1e99 }"))
	f.Add([]byte("nomad { address = \"http://a:b@c\" }\nnomad x {}\nvault = 1"))
	f.Add([]byte(strings.Repeat("[", 5000)))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, diags := Parse("in.hcl", text, Options{ReadFile: func(string) ([]byte, error) { return []byte("token"), nil }})
		for _, d := range diags {
			if len(text) <= maxSource {
				require.NotNil(t, d.Subject, d.Error())
			}
			require.NotEmpty(t, d.Summary)
			require.NotEmpty(t, d.Detail)
		}
		require.NoError(t, file.WriteDiagnostics(discard{}, diags, 78, false))
		if diags.HasErrors() {
			return
		}
		c := file.Config
		require.NotEmpty(t, c.Advertise)
		require.True(t, strings.HasPrefix(c.DataDir, "/"))
		require.True(t, c.Reconcile.Resync >= minResync && c.Reconcile.Resync <= maxResync)
		require.GreaterOrEqual(t, c.Retention.History, 1)
		require.Contains(t, []Drift{DriftReport, DriftRepair}, c.Reconcile.Drift)
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
