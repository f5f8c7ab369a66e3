//go:build e2e

package vault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// The policy that bootstrap gives to Drover's token is enough for everything
// that Drover does, and reads and overwrites no secret.
func TestPermissions_AreWhatBootstrapGives(t *testing.T) {
	mount := unique("jwt-bootstrap")
	enableAuth(t, mount)
	settings := services.VaultSettings{Mount: "secret", Auth: mount}
	token := newToken(t, "bootstrap-gives", bootstrap.Policies("drover", settings)["vault"])
	c := client(t, token)
	require.NoError(t, c.CheckPermissions(t.Context(), vault.Permissions(settings)))

	g, s := grantOf(unique("bootstrap")), secretOf(unique("bootstrap"))
	require.NoError(t, c.WriteGrant(t.Context(), mount, g))
	created, err := c.GenerateSecret(t.Context(), s, "acme")
	require.NoError(t, err)
	require.True(t, created)
	o, err := c.Observe(t.Context(), []services.Grant{g}, []services.GeneratedSecret{s}, mount)
	require.NoError(t, err)
	require.True(t, o.Grants[g.Name].Matches)
	require.Equal(t, vault.ObservedSecret{Version: "1", Owned: true}, o.Secrets[s.Path])
	require.NoError(t, c.DeleteGrant(t.Context(), mount, g.Name))

	_, err = raw(t, address, token).Logical().ReadWithContext(t.Context(), "secret/data/"+s.Path)
	require.ErrorContains(t, err, "permission denied")
	_, err = raw(t, address, token).Logical().WriteWithContext(t.Context(), "secret/data/"+s.Path, map[string]any{"data": map[string]any{"value": "x"}})
	require.ErrorContains(t, err, "permission denied")
}
