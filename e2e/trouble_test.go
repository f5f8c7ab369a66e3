//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every server that is away, at another address, or refuses the token gives
// one sentence and what to do, on exit code 1 (255 for plan), and nothing is
// done.
func TestTrouble(t *testing.T) {
	path := writePlatform(t, platformText("trouble", "alice"))
	jobs := jobsOf(t, path)
	const nobody, bogus = "http://127.0.0.1:1", "00000000-0000-0000-0000-000000000000"
	for name, c := range map[string]struct {
		env  string
		want string
	}{
		"Nomad is away":       {"NOMAD_ADDR=" + nobody, "Error: cannot reach Nomad at " + nobody + ": connection refused\n  Start Nomad, or set NOMAD_ADDR to its address\n"},
		"Consul is away":      {"CONSUL_HTTP_ADDR=" + nobody, "Error: cannot reach Consul at " + nobody + ": connection refused\n  Start Consul, or set CONSUL_HTTP_ADDR to its address\n"},
		"Vault is away":       {"VAULT_ADDR=" + nobody, "Error: cannot reach Vault at " + nobody + ": connection refused\n  Start Vault, or set VAULT_ADDR to its address\n"},
		"Nomad's token":       {"NOMAD_TOKEN=" + bogus, "Error: Nomad at " + stack.Nomad + " does not accept the token"},
		"Consul's token":      {"CONSUL_HTTP_TOKEN=" + bogus, "Error: Consul at " + stack.Consul + " does not accept the token"},
		"Vault's token":       {"VAULT_TOKEN=" + bogus, "Error: Vault at " + stack.Vault + " does not accept the token"},
		"no token for Nomad":  {"NOMAD_TOKEN=", "Error: Nomad at " + stack.Nomad + " does not permit the token"},
		"no token for Consul": {"CONSUL_HTTP_TOKEN=", "Error: there is no token for Consul at " + stack.Consul + "\n  Set CONSUL_HTTP_TOKEN to a token that exists and has not expired\n"},
		"no token for Vault":  {"VAULT_TOKEN=", "Error: there is no token for Vault at " + stack.Vault + "\n  Set VAULT_TOKEN to a token that exists and has not expired\n"},
		"no such host":        {"NOMAD_ADDR=http://nomad.invalid:4646", "Error: cannot reach Nomad at http://nomad.invalid:4646: no such host nomad.invalid\n"},
		"Nomad at Consul's":   {"CONSUL_HTTP_ADDR=" + stack.Nomad, "Error: what answers at " + stack.Nomad + " is not Consul\n  Set CONSUL_HTTP_ADDR to Consul's address\n"},
		"Consul at Nomad's":   {"NOMAD_ADDR=" + stack.Consul, "Error: what answers at " + stack.Consul + " is not Nomad\n  Set NOMAD_ADDR to Nomad's address\n"},
		"Nomad at Vault's":    {"VAULT_ADDR=" + stack.Nomad, "Error: what answers at " + stack.Nomad + " is not Vault"},
		"no address":          {"NOMAD_ADDR=not a url", "Error: NOMAD_ADDR is \"not a url\", which is not an http or https URL\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrover(t).with(c.env)
			for command, code := range map[string]int{"plan": 255, "apply": 1, "status": 1, "drift": 255, "destroy": 1} {
				args := []string{command, path}
				if command == "destroy" {
					args = []string{command, "-yes", path}
				}
				r := d.must(code, args...)
				require.True(t, strings.HasPrefix(r.stderr, c.want), "%s: %s", command, r.stderr)
				require.LessOrEqual(t, strings.Count(r.stderr, "\n"), 3, "one sentence and a hint: %s", r.stderr)
				require.NotContains(t, r.stderr, bogus, "a token is not repeated")
			}
		})
	}
	_, _, err := nomadClient(t).Jobs().Info(string(jobs[0].ID), nil)
	require.ErrorContains(t, err, "404", "nothing was done")
}
