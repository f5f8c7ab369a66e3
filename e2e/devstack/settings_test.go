package devstack

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares text with testdata/NAME.
func golden(t *testing.T, name string, text []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, text, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text))
}

func TestSettings_Golden(t *testing.T) {
	plain := settings{
		dir: "/var/lib/stack",
		state: &state{
			Name: "drover-dev-0a1b2c3d", Ports: portsAt(20000),
			NomadManagement: "nomad-management", ConsulManagement: "consul-management",
			ConsulAgent: "consul-agent", ConsulNomad: "consul-nomad", VaultRoot: "vault-root", VaultKey: "vault-key",
		},
	}
	full := plain
	full.hasDrover, full.docker, full.cgroup2, full.cni = true, true, true, "/usr/lib/cni"
	for name, config := range map[string]object{
		"consul.json":     plain.consul(),
		"vault.json":      plain.vault(),
		"nomad.json":      plain.nomad(),
		"nomad-full.json": full.nomad(),
	} {
		text, err := json.MarshalIndent(config, "", "  ")
		require.NoError(t, err)
		golden(t, name, append(text, '\n'))
		for _, secret := range []string{"nomad-management", "consul-management", "vault-root", "vault-key"} {
			require.NotContains(t, string(text), secret, "%s needs no management credential", name)
		}
	}
}

func TestSettings_Write(t *testing.T) {
	dir := t.TempDir()
	s := settings{dir: layout(dir), state: newState(dir)}
	s.state.Ports = portsAt(20000)
	require.NoError(t, s.write())
	for _, path := range []string{"consul/config.json", "vault/config.json", "nomad/config.json", "nomad/server.json"} {
		info, err := os.Stat(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s holds tokens", path)
	}
	text, err := os.ReadFile(filepath.Join(dir, "nomad/server.json"))
	require.NoError(t, err)
	require.NotContains(t, string(text), `"client": {`)
}
