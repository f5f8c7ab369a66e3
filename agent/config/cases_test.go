package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/drover-platform/drover/agent/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestCases loads every testdata/*.txtar: in.hcl, or all *.hcl files as a
// folder, wants the diagnostics in want.diag, word for word with their
// snippets, and without an error the configuration in want.json. The comment
// may hold lines "env NAME=value".
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	bad := 0
	for _, name := range files {
		path, err := filepath.Abs(name)
		require.NoError(t, err)
		a, err := txtar.ParseFile(path)
		require.NoError(t, err)
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			got := runCase(t, a)
			if strings.HasPrefix(got["want.diag"], "Error") {
				bad++
			}
			require.NotContains(t, got["want.diag"]+got["want.json"], "hunter2", "a secret is shown")
			if *update {
				writeCase(t, path, a, got)
				return
			}
			want := map[string]string{}
			for _, f := range a.Files {
				if strings.HasPrefix(f.Name, "want.") {
					want[f.Name] = string(f.Data)
				}
			}
			require.Equal(t, want, got)
		})
	}
	require.GreaterOrEqual(t, bad, 35, "cases of bad input")
}

// runCase loads a case's files from the folder that they say they are in, so
// that messages have short names.
func runCase(t *testing.T, a *txtar.Archive) map[string]string {
	dir := t.TempDir()
	t.Chdir(dir)
	path := "."
	for _, f := range a.Files {
		if strings.HasPrefix(f.Name, "want.") {
			continue
		}
		if f.Name == "in.hcl" {
			path = f.Name
		}
		require.NoError(t, os.WriteFile(f.Name, f.Data, 0o600))
	}
	env := map[string]string{}
	for line := range strings.Lines(string(a.Comment)) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), "env "); found {
			name, value, _ := strings.Cut(rest, "=")
			env[name] = value
		}
	}
	f, diags := config.Load(path, config.Options{Env: func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	}})
	got := map[string]string{}
	if len(diags) > 0 {
		var text bytes.Buffer
		require.NoError(t, f.WriteDiagnostics(&text, diags, 78, false))
		got["want.diag"] = text.String()
	}
	if !diags.HasErrors() {
		text, err := json.MarshalIndent(f.Config, "", "  ")
		require.NoError(t, err)
		got["want.json"] = string(text) + "\n"
	}
	return got
}

func writeCase(t *testing.T, path string, a *txtar.Archive, got map[string]string) {
	var files []txtar.File
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "want.") {
			files = append(files, f)
		}
	}
	for _, name := range []string{"want.diag", "want.json"} {
		if text, found := got[name]; found {
			files = append(files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	a.Files = files
	require.NoError(t, os.WriteFile(path, txtar.Format(a), 0o600))
}
