//go:build e2e

package consul_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/services"
)

// Every error that people meet is one sentence and what to do.
func TestErrors(t *testing.T) {
	open, err := startConsul(true, "")
	require.NoError(t, err)
	t.Cleanup(open.stop)
	headless, err := startConsul(false, "")
	require.NoError(t, err)
	t.Cleanup(headless.stop)

	register(t, "errors-n1", "app-errors", "e", "passing", "drover")
	weak := newToken(t, "weak", `key_prefix "x" { policy = "read" }`).SecretID
	good := newToken(t, "good", bootstrap.Policies("drover", services.VaultSettings{Mount: "secret", Auth: "jwt-nomad"})["consul"]).SecretID
	old := newToken(t, "old", `node_prefix "" { policy = "read" }`)
	_, err = raw(t).ACL().TokenDelete(old.AccessorID, nil) // Consul answers the same for one that has expired
	require.NoError(t, err)

	check := func(address, token string) error { return clientAt(t, address, token).Check(t.Context()) }
	health := func(address, token string) error {
		_, err := clientAt(t, address, token).Health(t.Context(), "app-errors")
		return err
	}
	all := func(token string) error {
		_, err := clientAt(t, address, token).HealthAll(t.Context(), "drover")
		return err
	}
	const bad = "Set CONSUL_HTTP_TOKEN to a token that exists and has not expired"
	const give = `Give the token in CONSUL_HTTP_TOKEN the policy that "drover operator policy" prints`
	for name, c := range map[string]struct {
		err  error
		code services.Code
		want string
	}{
		"good":                  {check(address, good), "", ""},
		"good, health":          {health(address, good), "", ""},
		"good, all":             {all(good), "", ""},
		"ACLs off":              {check(open.address, ""), "", ""},
		"ACLs off and a token":  {check(open.address, "any"), "", ""},
		"ACLs off, health":      {health(open.address, ""), "", ""},
		"no leader":             {check(headless.address, ""), services.CodeUnavailable, "Consul at HEADLESS has no leader. Wait until its servers have elected one, then try again"},
		"no leader, health":     {health(headless.address, ""), services.CodeUnavailable, "Consul at HEADLESS cannot read the health of service app-errors now: No cluster leader. Wait until it has a leader and is unsealed, then try again"},
		"no token":              {check(address, ""), services.CodeUnauthorized, "there is no token for Consul at HERE. " + bad},
		"bad token":             {check(address, "nonsense"), services.CodeUnauthorized, "Consul at HERE does not accept the token (look up the token itself). " + bad},
		"bad token, health":     {health(address, "nonsense"), services.CodeUnauthorized, "Consul at HERE does not accept the token (read the health of service app-errors). " + bad},
		"old token":             {check(address, old.SecretID), services.CodeUnauthorized, "Consul at HERE does not accept the token (look up the token itself). " + bad},
		"no permission":         {health(address, weak), services.CodeForbidden, "Consul at HERE does not permit the token to read the health of service app-errors. " + give},
		"no permission for all": {all(weak), services.CodeForbidden, "Consul at HERE does not permit the token to read the health of services. " + give},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.code, services.ErrorCode(c.err), "%v", c.err)
			if c.want == "" {
				require.NoError(t, c.err)
				return
			}
			require.EqualError(t, c.err, strings.NewReplacer("HERE", address, "HEADLESS", headless.address).Replace(c.want))
		})
	}
}
