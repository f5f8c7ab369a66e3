package hcl_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/hcl"
)

func TestFormat(t *testing.T) {
	got, diags := hcl.Format("in.hcl", []byte("platform   \"acme\"{\nnamespace=\"x\"\n  datacenters   = [ \"dc1\",\"dc2\" ] # two\n}\n\n\n"))
	require.Empty(t, diags)
	require.Equal(t, "platform \"acme\" {\n  namespace   = \"x\"\n  datacenters = [\"dc1\", \"dc2\"] # two\n}\n", string(got))
}

func TestFormat_LeavesWhatDoesNotParse(t *testing.T) {
	src := []byte("platform \"acme\" {\n")
	got, diags := hcl.Format("in.hcl", src)
	require.True(t, diags.HasErrors())
	require.Equal(t, src, got)
	require.Equal(t, "in.hcl", diags[0].Subject.Filename)
}

// TestFormat_Property formats files with random white space: once is enough,
// the platform stays the same, and only white space changes.
func TestFormat_Property(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		space := func(least int) string {
			return strings.Repeat(" ", rapid.IntRange(least, 3).Draw(rt, "spaces"))
		}
		lines := func() string { return strings.Repeat("\n", rapid.IntRange(1, 3).Draw(rt, "lines")) }
		comment := rapid.SampledFrom([]string{"", " # note", " // note", " /* note */"})

		var b strings.Builder
		b.WriteString("platform" + space(1) + `"acme"` + space(0) + "{}" + lines())
		b.WriteString("app" + space(1) + `"labeller"` + space(0) + "{" + comment.Draw(rt, "comment") + lines())
		for _, a := range []string{"cpu=100", `memory="128MiB"`, "builtin=true", `args=["-a",-1,"${1+2}"]`, "port=9000+1"} {
			name, value, _ := strings.Cut(a, "=")
			b.WriteString(space(0) + name + space(0) + "=" + space(0) + value + comment.Draw(rt, "comment") + lines())
		}
		b.WriteString("env" + space(0) + "{\n" + space(0) + "TEXT=<<-EOT\n" + space(0) + "  one\n" + space(0) + "   two\nEOT\n" + space(0) + "A=\"  b  \"" + lines() + "}\n}" + lines())
		for _, name := range rapid.SliceOfDistinct(rapid.StringMatching(`[a-z][a-z0-9]{0,5}`), rapid.ID).Draw(rt, "users") {
			b.WriteString("user" + space(1) + `"` + name + `"` + space(0) + "{" + lines() + space(0) + "app" + space(1) + `"labeller"` + space(0) + "{" + space(0) + "}" + lines() + "}" + lines())
		}
		sameMeaning(rt, []byte(b.String()), true)
	})
}

// FuzzFormat looks for text that Format changes twice, or changes the meaning
// of.
func FuzzFormat(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, src []byte) { sameMeaning(t, src, false) })
}

type failer interface {
	require.TestingT
	Helper()
}

// sameMeaning checks a text before and after Format.
func sameMeaning(t failer, src []byte, valid bool) {
	t.Helper()
	once, diags := hcl.Format("in.hcl", src)
	if diags.HasErrors() {
		require.False(t, valid, "%v", diags)
		require.Equal(t, string(src), string(once))
		return
	}
	twice, diags := hcl.Format("in.hcl", once)
	require.Empty(t, diags)
	require.Equal(t, string(once), string(twice))
	require.Equal(t, meaning(t, src), meaning(t, once))
}

// meaning is the platform and the problems of a text, without their places.
func meaning(t require.TestingT, src []byte) string {
	f, diags := hcl.Parse("in.hcl", src, hcl.Options{})
	text, err := json.Marshal(f.Platform)
	require.NoError(t, err)
	problems := map[string]int{}
	for _, d := range diags {
		problems[d.Summary]++
	}
	counts, err := json.Marshal(problems)
	require.NoError(t, err)
	return string(text) + string(counts)
}

// TestFormat_Example keeps the example as "drover fmt -check" wants it.
func TestFormat_Example(t *testing.T) {
	src, err := os.ReadFile(examplePath)
	require.NoError(t, err)
	got, diags := hcl.Format(examplePath, src)
	require.Empty(t, diags)
	require.Equal(t, string(src), string(got))
}
