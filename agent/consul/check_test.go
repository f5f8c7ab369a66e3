package consul

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
// Consul. Those that need a Consul are in the end-to-end tests.
func TestCheck_WithoutConsul(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello</html>")) }))
	t.Cleanup(page.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	down := closedPort(t)
	https := "https" + other.URL[len("http"):]

	for address, want := range map[string]string{
		down:                    "cannot reach Consul at " + down + ": connection refused. Start Consul, or set CONSUL_HTTP_ADDR to its address",
		other.URL:               "what answers at " + other.URL + " is not Consul. Set CONSUL_HTTP_ADDR to Consul's address",
		page.URL:                "what answers at " + page.URL + " is not Consul. Set CONSUL_HTTP_ADDR to Consul's address",
		"http://consul.invalid": "cannot reach Consul at http://consul.invalid: no such host consul.invalid. Start Consul, or set CONSUL_HTTP_ADDR to its address",
		https:                   "cannot reach Consul at " + https + ": http: server gave HTTP response to HTTPS client. Start Consul, or set CONSUL_HTTP_ADDR to its address",
		secure.URL:              "cannot reach Consul at " + secure.URL + ": tls: failed to verify certificate: x509: certificate signed by unknown authority. Start Consul, or set CONSUL_HTTP_ADDR to its address",
	} {
		t.Run(address, func(t *testing.T) {
			c, err := New(Config{Address: address, Token: services.NewToken("x")})
			require.NoError(t, err)
			err = c.Check(t.Context())
			require.EqualError(t, err, want)
			require.Equal(t, services.CodeUnavailable, services.ErrorCode(err))
		})
	}
	_, err := New(Config{Address: "ftp://x"})
	require.EqualError(t, err, `Consul's address "ftp://x" is not usable: Unknown protocol scheme: ftp`)
}
