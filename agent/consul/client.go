// Package consul is Drover's only client of Consul: it reads the health of
// what Drover runs and wires Consul to Nomad's workload identities.
package consul

import (
	"context"
	"errors"

	"github.com/hashicorp/consul/api"

	"github.com/drover-platform/drover/services"
)

// Config says which Consul to talk to and as whom.
type Config struct {
	Address string         // URL; required
	Token   services.Token // ACL token; empty where ACLs are off
	CACert  string         // PEM file; "" is the system's
}

// Client talks to one Consul agent. It is safe for concurrent use.
type Client struct {
	api      *api.Client
	endpoint services.Endpoint
	hasToken bool
}

// New returns a client. It does not connect.
func New(cfg Config) (*Client, error) {
	endpoint := services.Endpoint{Server: "Consul", Address: cfg.Address, AddrVar: "CONSUL_HTTP_ADDR", TokenVar: "CONSUL_HTTP_TOKEN"}
	c, err := api.NewClient(&api.Config{
		Address:   cfg.Address,
		Token:     cfg.Token.Reveal(),
		TLSConfig: api.TLSConfig{CAFile: cfg.CACert},
	})
	if err != nil {
		return nil, services.Errorf(services.CodeInvalid, "Consul's address %q is not usable: %w", cfg.Address, err)
	}
	return &Client{api: c, endpoint: endpoint, hasToken: !cfg.Token.Empty()}, nil
}

// Address returns the URL that the client talks to.
func (c *Client) Address() string { return c.endpoint.Address }

// explain turns an SDK error into one that people can act on. doing is a verb
// phrase such as "read health of hub-x".
func (c *Client) explain(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	r, ok := errors.AsType[api.StatusError](err)
	if !ok {
		return c.endpoint.Unreachable(err)
	}
	if e := c.endpoint.Refused(r.Code, doing, r.Body); e != nil {
		return e
	}
	code := services.CodeInternal
	if r.Code == 404 {
		code = services.CodeNotFound
	}
	return services.Errorf(code, "%s: Consul answered %d: %s", doing, r.Code, r.Body)
}

func query(ctx context.Context) *api.QueryOptions { return (&api.QueryOptions{}).WithContext(ctx) }

func write(ctx context.Context) *api.WriteOptions { return (&api.WriteOptions{}).WithContext(ctx) }
