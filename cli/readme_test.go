package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every command that the README shows exists, with its flags, and every
// command that people see is in the README.
func TestReadme_Commands(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	known := map[string]map[string]bool{}
	var walk func(path string, commands []Command)
	walk = func(path string, commands []Command) {
		for _, c := range commands {
			name := strings.TrimSpace(path + " " + c.Name)
			known[name] = map[string]bool{"-help": true}
			for _, f := range c.allFlags() {
				known[name]["-"+f.Names()[0]] = true
			}
			walk(name, c.Subcommands)
			if c.Run != nil && !c.Hidden && c.Name != "version" {
				require.Regexp(t, "drover "+name+"\\b", string(text), "the README says nothing of \"drover %s\"", name)
			}
		}
	}
	walk("", Commands())

	shown := regexp.MustCompile("(?m)(?:`|^|bin/)drover ((?:operator )?[a-z]+)([^`\n|#]*)").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(shown), 15)
	for _, m := range shown {
		flags, ok := known[m[1]]
		require.True(t, ok, "the README shows \"drover %s\", which does not exist", m[1])
		for _, flag := range regexp.MustCompile(`(?:^|[ \[])(-[a-z-]+)`).FindAllStringSubmatch(m[2], -1) {
			require.True(t, flags[flag[1]], "the README shows \"drover %s %s\"", m[1], flag[1])
		}
	}
}

// Every target of make that the README names exists.
func TestReadme_Make(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	makefile, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	named := regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)").FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, named)
	for _, m := range named {
		require.Regexp(t, "(?m)^"+m[1]+":", string(makefile), "the README shows \"make %s\"", m[1])
	}
	ci, err := os.ReadFile("../.ci/run")
	require.NoError(t, err)
	require.Regexp(t, "(?m)^exec make test$", string(ci), "what the README calls the tests")
}
