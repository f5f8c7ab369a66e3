// Package nomad is Drover's only client of Nomad: it observes what runs,
// applies what should, creates volumes, and explains in words what Nomad
// answers. It holds no state of its own.
package nomad

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Config says which Nomad to talk to and as whom.
type Config struct {
	Address   string         // URL; required
	Token     services.Token // ACL token; empty where ACLs are off
	Namespace string         // the platform's namespace
	Region    string         // "" is the server's own
	CACert    string         // PEM file; "" is the system's
}

// Client talks to one Nomad region and namespace. It is safe for concurrent
// use.
type Client struct {
	api      *api.Client
	endpoint services.Endpoint
	cfg      Config
}

// New returns a client. It does not connect.
func New(cfg Config) (*Client, error) {
	endpoint := services.Endpoint{Server: "Nomad", Address: cfg.Address, AddrVar: "NOMAD_ADDR", TokenVar: "NOMAD_TOKEN"}
	client, err := httpClient(cfg.CACert)
	if err != nil {
		return nil, err
	}
	c, err := api.NewClient(&api.Config{
		Address:    cfg.Address,
		SecretID:   cfg.Token.Reveal(),
		Namespace:  cfg.Namespace,
		Region:     cfg.Region,
		HttpClient: client,
	})
	if err != nil {
		return nil, services.Errorf(services.CodeInvalid, "Nomad's address %q is not usable: %w", cfg.Address, err)
	}
	return &Client{api: c, endpoint: endpoint, cfg: cfg}, nil
}

// answerTimeout is how long Nomad may take to begin an answer. The SDK waits
// for ever. Making a volume takes longest: its plug-in has a minute.
const answerTimeout = 90 * time.Second

// httpClient opens as many connections as there may be requests under way, so
// that Drover leaves most of Nomad's 100 for one address to others.
func httpClient(caCert string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = parallel
	transport.MaxIdleConnsPerHost = parallel
	transport.ResponseHeaderTimeout = answerTimeout
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: transport}
	if err := api.ConfigureTLS(client, &api.TLSConfig{CACert: caCert}); err != nil {
		return nil, services.Errorf(services.CodeInvalid, "Nomad's CA certificate %q is not usable: %w", caCert, err)
	}
	client.Transport = patientTransport{client.Transport}
	return client, nil
}

// parallel is how many requests may be under way at once.
const parallel = 8

// Address returns the URL that the client talks to.
func (c *Client) Address() string { return c.cfg.Address }

// explain turns an SDK error into one that people can act on. doing is a verb
// phrase such as "list jobs".
func (c *Client) explain(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	status, detail := answer(err)
	if status == 0 {
		return c.endpoint.Unreachable(err)
	}
	if e := c.endpoint.Refused(status, doing, detail); e != nil {
		return e
	}
	code := services.CodeInternal
	switch status {
	case http.StatusNotFound:
		code = services.CodeNotFound
	case http.StatusBadRequest:
		code = services.CodeInvalid
	}
	return services.Errorf(code, "%s: Nomad answered %d: %s", doing, status, detail)
}

// answer returns the HTTP status and the text of an error that is an answer of
// Nomad's, and 0 for other errors.
func answer(err error) (status int, detail string) {
	if r, ok := errors.AsType[api.UnexpectedResponseError](err); ok {
		return r.StatusCode(), r.Body()
	}
	if r, ok := errors.AsType[*api.UnexpectedResponseError](err); ok {
		return r.StatusCode(), r.Body()
	}
	return 0, ""
}

// query and write carry ctx to the SDK.
func (c *Client) query(ctx context.Context) *api.QueryOptions {
	return (&api.QueryOptions{}).WithContext(ctx)
}

func (c *Client) write(ctx context.Context) *api.WriteOptions {
	return (&api.WriteOptions{}).WithContext(ctx)
}

// pollEvery paces loops that wait for Nomad to change something that it has
// no blocking query for.
const pollEvery = 250 * time.Millisecond

// Check makes sure that Nomad answers, has a leader, and accepts the token.
func (c *Client) Check(ctx context.Context) error {
	q := c.query(ctx)
	// Consul has a leader and tokens at the same paths; regions only Nomad has.
	var regions []string
	_, err := c.api.Raw().Query("/v1/regions", &regions, q)
	if status, _ := answer(err); status == http.StatusNotFound || err != nil && isDecodeError(err) {
		return services.Errorf(services.CodeUnavailable, "what answers at %s is not Nomad", c.cfg.Address).
			WithHint("Set %s to Nomad's address", c.endpoint.AddrVar)
	}
	if err != nil {
		return c.explain("ask for Nomad's regions", err)
	}
	var leader string
	if _, err := c.api.Raw().Query("/v1/status/leader", &leader, q); err != nil {
		return c.explain("ask for Nomad's leader", err)
	}
	if leader == "" {
		return c.endpoint.Refused(http.StatusServiceUnavailable, "serve", "No cluster leader")
	}
	if err := c.checkToken(ctx); err != nil {
		return err
	}
	jobs := c.query(ctx)
	jobs.PerPage = 1
	if _, _, err := c.api.Jobs().List(jobs); err != nil {
		return c.explain("list jobs of namespace "+c.cfg.Namespace, err)
	}
	return nil
}

// isDecodeError reports whether an answer came that is not the JSON that was
// asked for.
func isDecodeError(err error) bool {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return true
	}
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// checkToken tells a token that does not exist, or has expired, from one that
// may not: Nomad answers other requests of both in the same words.
func (c *Client) checkToken(ctx context.Context) error {
	if c.cfg.Token.Empty() {
		return nil // ACLs may be off
	}
	_, _, err := c.api.ACLTokens().Self(c.query(ctx))
	if r, ok := errors.AsType[api.UnexpectedResponseError](err); ok {
		switch r.StatusCode() {
		case http.StatusBadRequest: // ACLs are off
			return nil
		case http.StatusForbidden, http.StatusNotFound:
			return c.endpoint.Refused(http.StatusUnauthorized, "read the token itself", r.Body())
		}
	}
	return c.explain("read the token itself", err)
}
