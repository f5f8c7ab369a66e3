//go:build e2e

package vault_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// BenchmarkObserve looks at 1,000 grants and 1,000 secrets that exist.
func BenchmarkObserve(b *testing.B) {
	mount := unique("jwt-bench")
	err := raw(b, address, rootToken).Sys().EnableAuthWithOptionsWithContext(b.Context(), mount, &api.EnableAuthOptions{Type: "jwt"})
	require.NoError(b, err)
	c := client(b, rootToken)
	var grants []services.Grant
	var secrets []services.GeneratedSecret
	for i := range 1000 {
		g, s := grantOf(fmt.Sprint("bench ", i)), secretOf(fmt.Sprint("bench ", i))
		require.NoError(b, c.WriteGrant(b.Context(), mount, g))
		_, err := c.GenerateSecret(b.Context(), s, "acme")
		require.NoError(b, err)
		grants, secrets = append(grants, g), append(secrets, s)
	}
	for b.Loop() {
		o, err := c.Observe(b.Context(), grants, secrets, mount)
		require.NoError(b, err)
		require.Len(b, o.Secrets, len(secrets))
	}
	b.ReportMetric(float64(b.N)*3000/b.Elapsed().Seconds(), "reads/s")
}
