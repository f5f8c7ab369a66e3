//go:build e2e

package vault_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// newToken makes a token that may do what the rules say.
func newToken(t *testing.T, name, rules string) string {
	t.Helper()
	root := raw(t, address, rootToken)
	require.NoError(t, root.Sys().PutPolicyWithContext(t.Context(), name, rules))
	s, err := root.Auth().Token().CreateOrphanWithContext(t.Context(), &api.TokenCreateRequest{Policies: []string{name}})
	require.NoError(t, err)
	return s.Auth.ClientToken
}

// leastPrivilege is all that Drover needs: it reads no value and overwrites
// none.
func leastPrivilege(auth string) string {
	return strings.ReplaceAll(`
path "sys/policies/acl"          { capabilities = ["list"] }
path "sys/policies/acl/drover-*" { capabilities = ["create", "read", "update", "delete"] }
path "auth/AUTH/role"            { capabilities = ["list"] }
path "auth/AUTH/role/drover-*"   { capabilities = ["create", "read", "update", "delete"] }
path "secret/data/drover/*"      { capabilities = ["create"] }
path "secret/metadata/drover/*"  { capabilities = ["create", "read", "update", "list"] }
`, "AUTH", auth)
}

// Every error that people meet is one sentence and what to do.
func TestErrors(t *testing.T) {
	mount := unique("jwt-errors")
	enableAuth(t, mount)
	root := raw(t, address, rootToken)

	short, err := root.Auth().Token().CreateOrphanWithContext(t.Context(), &api.TokenCreateRequest{TTL: "1s", Policies: []string{"default"}})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := raw(t, address, short.Auth.ClientToken).Auth().Token().LookupSelf()
		return err != nil
	}, time.Minute, 50*time.Millisecond)
	weak := newToken(t, "weak", `path "sys/policies/acl/drover-*" { capabilities = ["create", "update"] }`)

	sealed, err := startVault("server", "-dev", "-dev-no-store-token", "-dev-root-token-id="+rootToken)
	require.NoError(t, err)
	t.Cleanup(sealed.stop)
	require.NoError(t, raw(t, sealed.address, rootToken).Sys().Seal())
	blank, err := startVault("server", "-config")
	require.NoError(t, err)
	t.Cleanup(blank.stop)

	g, s := grantOf(unique("errors")), secretOf(unique("errors"))
	check := func(address, token string) error { return clientAt(t, address, token).Check(t.Context()) }
	observe := func(token string) error {
		_, err := client(t, token).Observe(t.Context(), []services.Grant{g}, []services.GeneratedSecret{s}, mount)
		return err
	}
	generate := func(token string) error {
		_, err := client(t, token).GenerateSecret(t.Context(), s, "acme")
		return err
	}
	const bad = "Set VAULT_TOKEN to a token that exists and has not expired"
	const give = `Give the token in VAULT_TOKEN the policy that "drover operator policy" prints`
	for name, c := range map[string]struct {
		err  error
		code services.Code
		want string
	}{
		"good":                 {check(address, rootToken), "", ""},
		"weak but valid":       {check(address, weak), "", ""},
		"sealed":               {check(sealed.address, rootToken), services.CodeUnavailable, "Vault at SEALED is sealed. Unseal it with \"vault operator unseal\", then try again"},
		"not initialized":      {check(blank.address, rootToken), services.CodeUnavailable, "Vault at BLANK is not initialized. Initialize it with \"vault operator init\", then unseal it"},
		"no token":             {check(address, ""), services.CodeUnauthorized, "there is no token for Vault at HERE. " + bad},
		"bad token":            {check(address, "hvs.nonsense"), services.CodeUnauthorized, "Vault at HERE does not accept the token (look up the token itself). " + bad},
		"expired token":        {check(address, short.Auth.ClientToken), services.CodeUnauthorized, "Vault at HERE does not accept the token (look up the token itself). " + bad},
		"expired while at it":  {observe(short.Auth.ClientToken), services.CodeUnauthorized, "Vault at HERE does not accept the token (list sys/policies/acl). " + bad},
		"sealed while at it":   {clientAt(t, sealed.address, rootToken).WriteGrant(t.Context(), mount, g), services.CodeUnavailable, "Vault at SEALED cannot write sys/policies/acl/" + g.Name + " now: Vault is sealed. Wait until it has a leader and is unsealed, then try again"},
		"may not list":         {observe(weak), services.CodeForbidden, "Vault at HERE does not permit the token to list sys/policies/acl. " + give},
		"may not write a role": {client(t, weak).WriteGrant(t.Context(), mount, g), services.CodeForbidden, "Vault at HERE does not permit the token to write auth/" + mount + "/role/" + g.Name + ". " + give},
		"may not generate":     {generate(weak), services.CodeForbidden, "Vault at HERE does not permit the token to read secret/metadata/" + s.Path + ". " + give},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.code, services.ErrorCode(c.err))
			if c.want == "" {
				require.NoError(t, c.err)
				return
			}
			want := strings.NewReplacer("HERE", address, "SEALED", sealed.address, "BLANK", blank.address).Replace(c.want)
			require.EqualError(t, c.err, want)
		})
	}
}

// A token with nothing but what Permissions lists does everything, and can
// neither read nor overwrite a secret.
func TestPermissions_AreEnoughAndAllNeeded(t *testing.T) {
	mount := unique("jwt-least")
	enableAuth(t, mount)
	rules := leastPrivilege(mount)
	token := newToken(t, "least", rules)
	c := client(t, token)
	settings := services.VaultSettings{Mount: "secret", Auth: mount}
	need := vault.Permissions(settings)
	require.NoError(t, c.Check(t.Context()))
	require.NoError(t, c.CheckPermissions(t.Context(), need))
	require.NoError(t, client(t, rootToken).CheckPermissions(t.Context(), need), "root may do everything")

	g, s := grantOf(unique("least")), secretOf(unique("least"))
	require.NoError(t, c.WriteGrant(t.Context(), mount, g))
	require.NoError(t, c.WriteGrant(t.Context(), mount, g))
	for _, made := range []bool{true, false} {
		created, err := c.GenerateSecret(t.Context(), s, "acme")
		require.NoError(t, err)
		require.Equal(t, made, created)
	}
	o, err := c.Observe(t.Context(), []services.Grant{g}, []services.GeneratedSecret{s}, mount)
	require.NoError(t, err)
	require.True(t, o.Grants[g.Name].Matches)
	require.True(t, o.Secrets[s.Path].Owned)
	require.NoError(t, c.DeleteGrant(t.Context(), mount, g.Name))

	weak := raw(t, address, token)
	_, err = weak.Logical().ReadWithContext(t.Context(), "secret/data/"+s.Path)
	require.ErrorContains(t, err, "permission denied")
	_, err = weak.Logical().WriteWithContext(t.Context(), "secret/data/"+s.Path, map[string]any{"data": map[string]any{"value": "x"}})
	require.ErrorContains(t, err, "permission denied")

	// Without any one of the rules, the check names what is missing.
	for line := range strings.Lines(strings.TrimSpace(rules)) {
		c := client(t, newToken(t, "least-but-one", strings.Replace(rules, line, "", 1)))
		err := c.CheckPermissions(t.Context(), need)
		path := strings.TrimSuffix(strings.Split(line, `"`)[1], "*")
		require.ErrorContains(t, err, "Vault at "+address+" does not permit the token to ")
		require.ErrorContains(t, err, path)
		require.Equal(t, services.CodeForbidden, services.ErrorCode(err))
	}
}

// Thousands of Apps that are not there yet cost a handful of requests.
func TestObserve_AsksNothingThatAListAnswers(t *testing.T) {
	mount := unique("jwt-requests")
	enableAuth(t, mount)
	target, err := url.Parse(address)
	require.NoError(t, err)
	var requests atomic.Int64
	forward := httputil.NewSingleHostReverseProxy(target)
	counter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(counter.Close)
	c := clientAt(t, counter.URL, rootToken)

	var grants []services.Grant
	var secrets []services.GeneratedSecret
	for i := range 5000 {
		grants = append(grants, grantOf(mount+string(rune('a'+i%26))+strings.Repeat("x", i/26)))
		secrets = append(secrets, secretOf(mount+string(rune('a'+i%26))+strings.Repeat("x", i/26)))
	}
	require.NoError(t, c.WriteGrant(t.Context(), mount, grants[0]))
	_, err = c.GenerateSecret(t.Context(), secrets[0], "acme")
	require.NoError(t, err)
	requests.Store(0)
	o, err := c.Observe(t.Context(), grants, secrets, mount)
	require.NoError(t, err)
	require.True(t, o.Grants[grants[0].Name].Matches)
	require.Len(t, o.Secrets, 1)
	// Two lists and two reads of grants, a mount, a list and a read of secrets.
	require.EqualValues(t, 7, requests.Load())
}
