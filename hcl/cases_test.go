package hcl_test

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

	"github.com/drover-platform/drover/hcl"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestCases loads every testdata/*.txtar: the platform file in.hcl, or all
// *.hcl files as a folder, wants the diagnostics in want.diag, word for word
// with their snippets, and without an error the platform in want.json. The
// comment may hold lines "var name=value" and "env NAME=value".
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	bad := 0
	for _, name := range files {
		path, err := filepath.Abs(name)
		require.NoError(t, err)
		a, err := txtar.ParseFile(path)
		require.NoError(t, err)
		want := map[string]string{}
		for _, f := range a.Files {
			if strings.HasPrefix(f.Name, "want.") {
				want[f.Name] = string(f.Data)
			}
		}
		// Counted here, so that a single case may be run with -run.
		if strings.HasPrefix(want["want.diag"], "Error") || strings.Contains(want["want.diag"], "\nError") {
			bad++
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			got := runCase(t, a)
			if *update {
				writeCase(t, path, a, got)
				return
			}
			require.Equal(t, want, got)
			for _, secret := range []string{"hunter2", "s3cr3t", "MHcCAQEE"} {
				require.NotContains(t, got["want.diag"], secret, "a snippet shows a secret")
			}
		})
	}
	require.GreaterOrEqual(t, bad, 55, "cases of bad input")
}

// runCase loads a case's files from the folder that they say they are in, so
// that messages have short names.
func runCase(t *testing.T, a *txtar.Archive) map[string]string {
	t.Chdir(t.TempDir())
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
	f, diags := hcl.Load(path, options(string(a.Comment)))
	got := map[string]string{}
	if len(diags) > 0 {
		var text bytes.Buffer
		require.NoError(t, f.WriteDiagnostics(&text, diags, 78, false))
		got["want.diag"] = text.String()
	}
	if !diags.HasErrors() {
		text, err := json.MarshalIndent(f.Platform, "", "  ")
		require.NoError(t, err)
		got["want.json"] = string(text) + "\n"
	}
	return got
}

func options(comment string) hcl.Options {
	vars, env := map[string]string{}, map[string]string{}
	for line := range strings.Lines(comment) {
		for prefix, into := range map[string]map[string]string{"var ": vars, "env ": env} {
			if rest, found := strings.CutPrefix(strings.TrimSpace(line), prefix); found {
				name, value, _ := strings.Cut(rest, "=")
				into[name] = value
			}
		}
	}
	return hcl.Options{Vars: vars, Env: func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	}}
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
