// Package vault is Drover's only client of Vault: it writes the role and the
// policy of each job that has secrets, generates secrets that do not exist
// yet, and wires Vault to Nomad's workload identities. Secret values never
// leave the package except as [services.Token].
package vault

import (
	"context"
	"errors"
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
}

// Client talks to one Vault. It is safe for concurrent use.
type Client struct {
	api      *api.Client
	endpoint services.Endpoint
}

// New returns a client. It does not connect. The environment is not read:
// what counts is in cfg.
func New(cfg Config) (*Client, error) {
	endpoint := services.Endpoint{Server: "Vault", Address: cfg.Address, AddrVar: "VAULT_ADDR", TokenVar: "VAULT_TOKEN"}
	conf := &api.Config{Address: cfg.Address, MaxRetries: 0, Timeout: 30 * time.Second, HttpClient: api.DefaultConfig().HttpClient}
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
	return &Client{api: c, endpoint: endpoint}, nil
}

// Address returns the URL that the client talks to.
func (c *Client) Address() string { return c.endpoint.Address }

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
	if r.StatusCode == 404 {
		code = services.CodeNotFound
	}
	return services.Errorf(code, "%s: Vault answered %d: %s", doing, r.StatusCode, detail)
}

