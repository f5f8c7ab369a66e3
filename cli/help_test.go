package cli

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// walk calls f for every command and group below group, itself included.
func walk(group Command, words []string, f func(c Command, words []string)) {
	f(group, words)
	for _, c := range group.Subcommands {
		walk(c, append(slices.Clone(words), c.Name), f)
	}
}

func everything() Command { return Command{Name: program, Subcommands: Commands()} }

// runWith runs a command line without an environment.
func runWith(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = Run(t.Context(), args, Streams{
		In: strings.NewReader(""), Out: &out, Err: &err, Version: "1.2.3",
		Env: func(string) (string, bool) { return "", false },
	})
	return status, out.String(), err.String()
}

func TestHelp_Golden(t *testing.T) {
	walk(everything(), nil, func(c Command, words []string) {
		if c.Raw {
			return
		}
		status, stdout, stderr := runWith(t, append(words, "-help")...)
		require.Zero(t, status)
		require.Empty(t, stderr)
		golden(t, path.Join("help", strings.Join(append([]string{program}, words...), "_")+".txt"), []byte(stdout))
	})
}

func TestHelp_SaysWhatACommandTakes(t *testing.T) {
	line := regexp.MustCompile(`(?m)^  -.*`)
	flag := regexp.MustCompile(`(?:^  |, )-([a-z-]+)`)
	walk(everything(), nil, func(c Command, words []string) {
		if c.Run == nil || c.Raw {
			return
		}
		name := program + " " + strings.Join(words, " ")
		var flags []string
		for _, option := range line.FindAllString(c.Help, -1) {
			for _, m := range flag.FindAllStringSubmatch(option, -1) {
				flags = append(flags, m[1])
			}
		}
		slices.Sort(flags)
		known := slices.DeleteFunc(flagNames(&c), func(f string) bool { return f == "help" })
		require.Equal(t, known, flags, "flags of %s and those that its help explains", name)
		usage, _, _ := strings.Cut(c.Help, "\n")
		require.True(t, strings.HasPrefix(usage, "Usage: "+name), "%s: %s", name, usage)
		takes := strings.ReplaceAll(c.Args.Usage, " or ", "|")
		require.True(t, strings.HasSuffix(usage, takes) || strings.HasSuffix(usage, "["+takes+"]"), "%q does not say that it takes %s", usage, takes)
		require.NotEmpty(t, c.Synopsis)
		for line := range strings.Lines(c.Help) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, "%s: %q", name, line)
			require.Equal(t, strings.TrimRight(line, " \n")+"\n", line, "%s: %q", name, line)
		}
	})
}

func TestCommands_AreWhole(t *testing.T) {
	walk(everything(), nil, func(c Command, words []string) {
		require.Equal(t, c.Run == nil, len(c.Subcommands) > 0, "%v is a command or a group", words)
		require.True(t, c.Args.Max < 0 || c.Args.Min <= c.Args.Max, "%v", words)
		seen := map[string]bool{}
		for _, f := range flagNames(&c) {
			require.False(t, seen[f], "%v has two flags -%s", words, f)
			seen[f] = true
		}
	})
}
