package hcl_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/drover-platform/drover/hcl"
)

// addSeeds starts a fuzz test from every case and the example.
func addSeeds(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		require.NoError(f, err)
		for _, part := range a.Files {
			if filepath.Ext(part.Name) == ".hcl" {
				f.Add(part.Data)
			}
		}
	}
	src, err := os.ReadFile(examplePath)
	require.NoError(f, err)
	f.Add(src)
}

// FuzzLoad looks for text that makes the loader panic, report an error
// nowhere, or answer differently the second time.
func FuzzLoad(f *testing.F) {
	addSeeds(f)
	opts := hcl.Options{
		Env:      func(name string) (string, bool) { return "value of " + name, name != "" },
		ReadFile: func(path string) ([]byte, error) { return []byte("content of " + path), nil },
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		load := func() (string, string) {
			file, diags := hcl.Parse("in.hcl", src, opts)
			require.NotNil(t, file)
			for _, d := range diags {
				require.NotNil(t, d.Subject, d.Summary)
				require.NotEmpty(t, d.Summary)
				require.NotEmpty(t, d.Detail)
				require.Positive(t, d.Subject.Start.Line)
				require.LessOrEqual(t, d.Subject.Start.Byte, len(src))
			}
			var text bytes.Buffer
			require.NoError(t, file.WriteDiagnostics(&text, diags, 78, true))
			platform, err := json.Marshal(file.Platform)
			require.NoError(t, err)
			return text.String(), string(platform)
		}
		diags, platform := load()
		again, same := load()
		require.Equal(t, diags, again)
		require.Equal(t, platform, same)
	})
}
