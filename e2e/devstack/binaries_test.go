package devstack

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestParseVersion(t *testing.T) {
	for name, c := range map[string]struct {
		title, text string
		want        version
		err         string
	}{
		"release":     {title: "Nomad", text: "Nomad v1.11.3\nBuildDate 2026-01-01T00:00:00Z\nRevision abc\n", want: version{1, 11, 3}},
		"prerelease":  {title: "Nomad", text: "Nomad v2.0.0-beta.1+ent\n", want: version{2, 0, 0}},
		"other lines": {title: "Consul", text: "==> a warning\nConsul v1.22.2\nBuild Date 1970-01-01T00:00:01Z\n", want: version{1, 22, 2}},
		"built":       {title: "Vault", text: "Vault v1.21.1, built 2025-11-21T02:41:28Z", want: version{1, 21, 1}},
		"other tool":  {title: "Vault", text: "Consul v1.22.2\n", err: "it does not print a version of Vault"},
		"nothing":     {title: "Vault", text: "", err: "it does not print a version of Vault"},
		"huge":        {title: "Vault", text: "Vault v1.99999999999999999999.0", err: "read version of Vault"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseVersion(c.title, c.text)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestVersion_Less(t *testing.T) {
	ordered := []version{{0, 9, 9}, {1, 9, 5}, {1, 10, 0}, {1, 10, 1}, {2, 0, 0}}
	for i, v := range ordered {
		for j, w := range ordered {
			require.Equal(t, i < j, v.less(w), "%s < %s", v, w)
		}
	}
}

// program writes a script that prints text when asked for its version.
func program(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho '"+text+"'\n"), 0o755))
	return path
}

func TestFind_Order(t *testing.T) {
	inPath, elsewhere, cache := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv("PATH", inPath+":/usr/bin:/bin")
	t.Setenv("XDG_CACHE_HOME", cache)
	for _, tool := range tools() {
		t.Setenv(tool.env, "")
	}
	nomad := program(t, inPath, "nomad", "Nomad v1.10.0")
	program(t, inPath, "consul", "Consul v1.17.9") // too old
	program(t, inPath, "vault", "Vault v1.20.0")
	named := program(t, elsewhere, "my-vault", "Vault v1.15.0")
	t.Setenv("VAULT_BIN", named)
	built := filepath.Join(cache, "drover", "bin", "consul-1.22.2")
	require.NoError(t, os.MkdirAll(filepath.Dir(built), 0o755))
	require.NoError(t, os.WriteFile(built, nil, 0o755))

	var said bytes.Buffer
	got, err := Find(t.Context(), &said)
	require.NoError(t, err)
	require.Equal(t, Binaries{Nomad: nomad, Consul: built, Vault: named}, got)
	require.Equal(t, "Consul in PATH is version 1.17.9, older than 1.18.0: not used\n", said.String())
}

func TestFind_NamedIsWrong(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ path, want string }{
		"missing":    {path: "/nowhere", want: "NOMAD_BIN=/nowhere is not a Nomad: run /nowhere version"},
		"other tool": {path: program(t, dir, "other", "Consul v1.22.2"), want: "it does not print a version of Nomad. Set NOMAD_BIN to the program, or unset it"},
		"old":        {path: program(t, dir, "old", "Nomad v1.9.7"), want: "is version 1.9.7, and Drover needs 1.10.0 or newer. Set NOMAD_BIN to a newer program, or unset it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOMAD_BIN", c.path)
			_, err := Find(t.Context(), t.Output())
			require.ErrorContains(t, err, c.want)
			require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
		})
	}
}

func TestBuild_NoCompiler(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("NOMAD_BIN", "")
	_, err := Find(t.Context(), t.Output())
	require.ErrorContains(t, err, "there is no nomad in PATH and none can be built: no go. Install go, or install Nomad 1.10.0 or newer, or set NOMAD_BIN to a program")
}

// A compiler that fails shows the end of what it printed, and leaves nothing
// in the cache that a later run would take for a program.
func TestBuild_Fails(t *testing.T) {
	path, cache := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "go"), []byte("#!/bin/sh\nseq 100\ncat go.mod | head -1\npwd\nexit 3\n"), 0o755))
	t.Setenv("PATH", path+":/usr/bin:/bin")
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("CONSUL_BIN", "")
	var said bytes.Buffer
	_, err := tools()[1].build(t.Context(), &said)
	require.ErrorContains(t, err, "cannot build Consul 1.22.2 from source: exit status 3:\n83\n")
	require.ErrorContains(t, err, "\n100\nmodule stack/consul\n"+cache)
	require.ErrorContains(t, err, "Install Consul 1.18.0 or newer, or set CONSUL_BIN to a program")
	require.True(t, strings.HasPrefix(said.String(), "building Consul 1.22.2 from source, about 10 minutes on 2 cores: started\n"), said.String())
	left, err := filepath.Glob(filepath.Join(cache, "drover", "bin", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(cache, "drover", "bin", "consul-1.22.2.lock")}, left)
}

// A compiler that succeeds is used once.
func TestBuild_Once(t *testing.T) {
	path, cache := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\nwhile [ \"$1\" != -o ]; do shift; done\necho \"$CGO_ENABLED $GOFLAGS $GOWORK $GONOSUMDB\" >\"$2\"\nchmod 755 \"$2\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(path, "go"), []byte(script), 0o755))
	t.Setenv("PATH", path+":/usr/bin:/bin")
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("GONOSUMDB", "example.test")
	built, err := tools()[1].build(t.Context(), t.Output())
	require.NoError(t, err)
	text, err := os.ReadFile(built)
	require.NoError(t, err)
	require.Equal(t, "0 -mod=readonly off example.test,github.com/hashicorp/consul/*\n", string(text))

	require.NoError(t, os.Remove(filepath.Join(path, "go")))
	again, err := tools()[1].build(t.Context(), t.Output())
	require.NoError(t, err)
	require.Equal(t, built, again)
}

func TestPins_Match(t *testing.T) {
	for _, tool := range tools() {
		text, err := pins.ReadFile("pins/" + tool.name + ".mod")
		require.NoError(t, err)
		require.Regexp(t, `(?m)^\s+`+tool.module+` v`+tool.pinned.String()+`( |$)`, string(text))
	}
}
