//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// jobParser returns what reads a job the way the stack's Nomad server does,
// without filling in defaults.
func jobParser(t *testing.T) func(hcl []byte) (*api.Job, error) {
	t.Helper()
	client := nomadClient(t)
	return func(hcl []byte) (*api.Job, error) {
		return client.Jobs().ParseHCLOpts(&api.JobsParseRequest{JobHCL: string(hcl)})
	}
}

// TestRoundTrip_Golden has Nomad read the golden files. That the job it reads
// has the hash that the file carries means that no field of it differs.
func TestRoundTrip_Golden(t *testing.T) {
	parse := jobParser(t)
	paths, err := filepath.Glob("../jobspecs/testdata/*.nomad.hcl")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			job, err := parse(text)
			require.NoError(t, err)
			require.Equal(t, jobspecs.HashOf(job.Meta), jobspecs.Hash(job))
			require.Equal(t, string(withoutComments(text)), string(jobspecs.Render(job)))
		})
	}
}

// withoutComments cuts off the comments after a golden file's job.
func withoutComments(text []byte) []byte {
	for i := range text {
		if i > 1 && text[i] == '#' && text[i-1] == '\n' && text[i-2] == '\n' {
			return text[:i-1]
		}
	}
	return text
}

// withoutFarMarks drops combining marks after characters above U+FFFF, which
// the Unicode tables in Nomad 1.11 compose wrongly: they read U+E014C followed
// by U+0300 as U+014C followed by U+0300.
func withoutFarMarks(s string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if last > 0xffff && unicode.Is(unicode.M, r) {
			return -1
		}
		last = r
		return r
	}, s)
}

// TestRoundTrip_AnyValue has Nomad read jobs with arbitrary strings wherever a
// platform file has strings.
func TestRoundTrip_AnyValue(t *testing.T) {
	parse := jobParser(t)
	value := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{
				"$", "%", "{", "}", "${", "%{", "$${", "%%{", "${x}", "%{ if x }", "{{", "}}", `"`, `\`, "\n", "\r\n", "\n\n", "\nEOT\n", "\t", " ",
				"${NOMAD_ADDR_http}", "${NOMAD_SECRETS_DIR}/env", "${attr.kernel.name}", "#", "//", "/*", "EOT\n",
			}),
		), 0, 6).Draw(t, "parts")
		text := ""
		for _, part := range parts {
			text += part
		}
		return norm.NFC.String(withoutFarMarks(text))
	})
	// Names follow an "=" in service tags, which some combining characters
	// would merge with.
	name := rapid.Map(value, func(s string) string { return norm.NFC.String("x" + s) })
	rapid.Check(t, func(t *rapid.T) {
		id := services.Derive(services.KindApp, "acme", "alice", "labeller")
		p := &services.Platform{Name: name.Draw(t, "name"), Identity: value.Draw(t, "identity"), Apps: []services.App{{
			ID: id, Profile: name.Draw(t, "profile"), Port: 9001,
			Workload: services.Workload{
				Driver: services.DriverDocker, Image: value.Draw(t, "image"), Command: value.Draw(t, "command"),
				Args: rapid.SliceOf(value).Draw(t, "args"), User: value.Draw(t, "user"),
				Env:         rapid.MapOf(value, value).Draw(t, "env"),
				Secrets:     []services.Secret{{Env: value.Draw(t, "secret"), VaultPath: value.Draw(t, "path"), VaultKey: value.Draw(t, "key")}},
				Constraints: []services.Constraint{{Attribute: value.Draw(t, "attribute"), Operator: "=", Value: value.Draw(t, "value")}},
				Resources:   services.Resources{CPU: 100, MemoryMiB: 64},
			},
			Volume: &services.Volume{ID: id.VolumeID(), Mount: value.Draw(t, "mount")},
		}}}
		want := jobspecs.Jobs(p)[0]
		text := jobspecs.Render(want.Spec)
		job, err := parse(text)
		require.NoError(t, err, "%s", text)
		require.Equal(t, want.Hash, jobspecs.Hash(job), "%s", text)
	})
}
