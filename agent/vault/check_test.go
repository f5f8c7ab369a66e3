package vault

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// closedPort returns an address where nobody listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return "http://" + l.Addr().String()
}

// One sentence and what to do, for servers that are not there or are not
// Vault. Those that need a Vault are in the end-to-end tests.
func TestCheck_WithoutVault(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello</html>")) }))
	t.Cleanup(page.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	down := closedPort(t)

	for address, want := range map[string]string{
		down:                              "cannot reach Vault at " + down + ": connection refused. Start Vault, or set VAULT_ADDR to its address",
		other.URL:                         "what answers at " + other.URL + " is not Vault. Set VAULT_ADDR to Vault's address",
		page.URL:                          "what answers at " + page.URL + " is not Vault. Set VAULT_ADDR to Vault's address",
		"http://vault.invalid":            "cannot reach Vault at http://vault.invalid: no such host vault.invalid. Start Vault, or set VAULT_ADDR to its address",
		"https" + other.URL[len("http"):]: "cannot reach Vault at https" + other.URL[len("http"):] + ": http: server gave HTTP response to HTTPS client. Start Vault, or set VAULT_ADDR to its address",
		secure.URL:                        "cannot reach Vault at " + secure.URL + ": tls: failed to verify certificate: x509: certificate signed by unknown authority. Start Vault, or set VAULT_ADDR to its address",
	} {
		t.Run(address, func(t *testing.T) {
			c, err := New(Config{Address: address, Token: services.NewToken("s.x")})
			require.NoError(t, err)
			err = c.Check(t.Context())
			require.EqualError(t, err, want)
			require.Equal(t, services.CodeUnavailable, services.ErrorCode(err))
		})
	}
}
