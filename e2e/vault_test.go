//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// Waits are bounds for what must happen in the end, not measurements.
const (
	waitLimit = 90 * time.Second
	waitStep  = 500 * time.Millisecond
)

// vaultClient is a client with the stack's root token.
func vaultClient(t testing.TB) *api.Client {
	t.Helper()
	c, err := api.NewClient(&api.Config{Address: stack.Vault})
	require.NoError(t, err)
	c.SetToken(stack.Management.Vault.Reveal())
	return c
}

// vaultSecret reads a generated secret's value.
func vaultSecret(t testing.TB, s services.GeneratedSecret) string {
	t.Helper()
	secret, err := vaultClient(t).KVv2(s.Mount).Get(context.Background(), s.Path)
	require.NoError(t, err)
	return secret.Data[services.SecretKey].(string)
}

// vaultVersion returns how often a generated secret was written.
func vaultVersion(t testing.TB, s services.GeneratedSecret) int {
	t.Helper()
	meta, err := vaultClient(t).KVv2(s.Mount).GetMetadata(context.Background(), s.Path)
	require.NoError(t, err)
	return meta.CurrentVersion
}
