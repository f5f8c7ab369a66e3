package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// connect runs a command that talks to the servers and returns where.
func connect(t *testing.T, env map[string]string, args ...string) (Connection, error) {
	t.Helper()
	var got Connection
	var failed error
	probe := Command{Name: "probe", Servers: true, State: true, Run: func(_ context.Context, m *Meta) error {
		got, failed = m.Connection()
		return nil
	}}
	var stderr strings.Builder
	r := runner{commands: []Command{probe}, streams: Streams{Out: &stderr, Err: &stderr, Env: func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}}}
	err := r.app().RunContext(t.Context(), append([]string{program, "probe"}, args...))
	require.NoError(t, err)
	return got, failed
}

func TestConnection_Defaults(t *testing.T) {
	c, err := connect(t, nil)
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:4646", c.Nomad.Address)
	require.Equal(t, "http://127.0.0.1:8500", c.Consul.Address)
	require.Equal(t, "http://127.0.0.1:8200", c.Vault.Address)
	require.Empty(t, c.Nomad.Token.Reveal()+c.Consul.Token.Reveal()+c.Vault.Token.Reveal())
}

func TestConnection_Environment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("from-file\n"), 0o600))
	env := map[string]string{
		"NOMAD_ADDR": "https://nomad.example:4646/", "NOMAD_TOKEN": "n", "NOMAD_REGION": "eu", "NOMAD_CACERT": "/n.pem",
		"CONSUL_HTTP_ADDR": "consul.example:8501", "CONSUL_HTTP_SSL": "true", "CONSUL_HTTP_TOKEN_FILE": file, "CONSUL_CACERT": "/c.pem",
		"VAULT_ADDR": "http://[::1]:8200", "VAULT_TOKEN": "v", "VAULT_TOKEN_FILE": "/is/not/read", "VAULT_CACERT": "/v.pem",
	}
	c, err := connect(t, env)
	require.NoError(t, err)
	require.Equal(t, "https://nomad.example:4646", c.Nomad.Address)
	require.Equal(t, "n", c.Nomad.Token.Reveal())
	require.Equal(t, "eu", c.Nomad.Region)
	require.Equal(t, "/n.pem", c.Nomad.CACert)
	require.Equal(t, "https://consul.example:8501", c.Consul.Address)
	require.Equal(t, "from-file", c.Consul.Token.Reveal())
	require.Equal(t, "/c.pem", c.Consul.CACert)
	require.Equal(t, "http://[::1]:8200", c.Vault.Address)
	require.Equal(t, "v", c.Vault.Token.Reveal())
	require.Equal(t, "/v.pem", c.Vault.CACert)

	c, err = connect(t, env, "-nomad-address=127.0.0.1:1", "-nomad-region=us", "-vault-ca-cert=/other.pem")
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:1", c.Nomad.Address, "a flag comes before the environment")
	require.Equal(t, "us", c.Nomad.Region)
	require.Equal(t, "/other.pem", c.Vault.CACert)
}

func TestConnection_Err(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for name, c := range map[string]struct {
		variable, value, want string
	}{
		"no URL":           {"NOMAD_ADDR", "http://", `NOMAD_ADDR is "http://", which is not an http or https URL. Use one such as http://127.0.0.1:4646`},
		"scheme":           {"VAULT_ADDR", "ftp://x", `VAULT_ADDR is "ftp://x", which is not an http or https URL. Use one such as http://127.0.0.1:8200`},
		"query":            {"CONSUL_HTTP_ADDR", "http://x?token=1", `which is not an http or https URL`},
		"password":         {"NOMAD_ADDR", "http://me:hunter2@x", "NOMAD_ADDR has a user name or a password in it. Use the server's token instead"},
		"password, broken": {"NOMAD_ADDR", "http://me:hunter2@x:port", `NOMAD_ADDR is "<redacted>@x:port", which is not`},
		"no file":          {"NOMAD_TOKEN_FILE", filepath.Join(dir, "nope"), "cannot read " + dir + "/nope, which NOMAD_TOKEN_FILE names: no such file or directory. Name a file that holds nothing but the token, or set NOMAD_TOKEN"},
		"empty file":       {"VAULT_TOKEN_FILE", empty, "VAULT_TOKEN_FILE names " + empty + ", which is empty"},
		"folder":           {"CONSUL_HTTP_TOKEN_FILE", dir, "CONSUL_HTTP_TOKEN_FILE names " + dir + ", which is no file with a token"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connect(t, map[string]string{c.variable: c.value})
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
			require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
		})
	}
}
