// Package vault is Drover's only client of Vault: it writes the role and the
// policy of each job that has secrets, generates secrets that do not exist
// yet, and wires Vault to Nomad's workload identities. Secret values never
// leave the package except as [services.Token].
package vault

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/drover-platform/drover/services"
)

// Config says which Vault to talk to and as whom.
type Config struct {
	Address string         // URL; required
	Token   services.Token // required by everything but health
	CACert  string         // PEM file; "" is the system's
	// UserClaim is the claim of workload identities that tells logins apart: a
	// name, or a JSON pointer that starts with "/"; "" is [DefaultUserClaim].
	UserClaim string
}

// Client talks to one Vault. It is safe for concurrent use.
type Client struct {
	api       *api.Client
	endpoint  services.Endpoint
	userClaim string
}

// New returns a client. It does not connect. What counts is in cfg, not in the
// environment; but the SDK refuses to work under VAULT_ variables that make no
// sense.
func New(cfg Config) (*Client, error) {
	endpoint := services.Endpoint{Server: "Vault", Address: cfg.Address, AddrVar: "VAULT_ADDR", TokenVar: "VAULT_TOKEN"}
	conf := &api.Config{Address: cfg.Address, MaxRetries: 0, Timeout: 30 * time.Second, HttpClient: httpClient()}
	if cfg.CACert != "" {
		if err := conf.ConfigureTLS(&api.TLSConfig{CACert: cfg.CACert}); err != nil {
			return nil, services.Errorf(services.CodeInvalid, "Vault's CA certificate %q is not usable: %w", cfg.CACert, err)
		}
	}
	c, err := api.NewClient(conf)
	if err != nil {
		return nil, services.Errorf(services.CodeInvalid, "Vault's address %q is not usable: %w", cfg.Address, err)
	}
	if err := c.SetAddress(cfg.Address); err != nil {
		return nil, services.Errorf(services.CodeInvalid, "Vault's address %q is not usable: %w", cfg.Address, err)
	}
	c.SetToken(cfg.Token.Reveal())
	c.ClearNamespace()
	return &Client{api: c, endpoint: endpoint, userClaim: cmp.Or(cfg.UserClaim, DefaultUserClaim)}, nil
}

// httpClient keeps as many connections as there are requests under way, and
// leaves redirects to the SDK, which carries the token along. The SDK's own
// would be configured from the environment.
func httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2 * parallel
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Address returns the URL that the client talks to.
func (c *Client) Address() string { return c.endpoint.Address }

// status returns the HTTP status of an SDK error, 0 when there was no answer.
func status(err error) int {
	if r, ok := errors.AsType[*api.ResponseError](err); ok {
		return r.StatusCode
	}
	return 0
}

// explain turns an SDK error into one that people can act on. doing is a verb
// phrase such as "write policy drover-x".
func (c *Client) explain(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	r, ok := errors.AsType[*api.ResponseError](err)
	if !ok {
		return c.endpoint.Unreachable(err)
	}
	detail := strings.Join(r.Errors, "; ")
	if e := c.endpoint.Refused(r.StatusCode, doing, detail); e != nil {
		return e
	}
	code := services.CodeInternal
	if r.StatusCode == http.StatusNotFound {
		code = services.CodeNotFound
	}
	return services.Errorf(code, "%s: Vault answered %d: %s", doing, r.StatusCode, detail)
}
