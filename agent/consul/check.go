package consul

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/consul/api"

	"github.com/drover-platform/drover/services"
)

// Check makes sure that Consul answers, has a leader and accepts the token.
// The error says what to do. Where ACLs are on a token is required, because to
// an anonymous client Consul shows what it may not see as absent.
func (c *Client) Check(ctx context.Context) error {
	leader, err := c.api.Status().LeaderWithQueryOptions(query(ctx))
	_, unanswered := errors.AsType[*url.Error](err)
	refused, answered := errors.AsType[api.StatusError](err)
	switch {
	case unanswered, ctx.Err() != nil:
		return c.explain("tell its leader", err)
	case answered && (refused.Code == http.StatusTooManyRequests || refused.Code >= http.StatusInternalServerError):
		return c.explain("tell its leader", err)
	case err != nil:
		return c.impostor()
	case !strings.Contains(leader, ":"): // "10.0.0.1:8300"
		return services.Errorf(services.CodeUnavailable, "Consul at %s has no leader", c.Address()).
			WithHint("Wait until its servers have elected one, then try again")
	}
	_, _, err = c.api.ACL().TokenReadSelf(query(ctx))
	refused, _ = errors.AsType[api.StatusError](err)
	switch {
	case strings.Contains(refused.Body, "ACL support disabled"):
		return nil
	case refused.Code == http.StatusForbidden && !c.hasToken:
		return services.Errorf(services.CodeUnauthorized, "there is no token for Consul at %s", c.Address()).
			WithHint("Set %s to a token that exists and has not expired", c.endpoint.TokenVar)
	case refused.Code == http.StatusForbidden:
		// Every token may read itself, so this is about the token.
		return c.endpoint.Refused(http.StatusUnauthorized, "look up the token itself", "")
	}
	if _, unanswered := errors.AsType[*url.Error](err); err != nil && refused.Code == 0 && !unanswered && ctx.Err() == nil {
		return c.impostor() // Nomad has a leader and tokens too, but they look different
	}
	if err != nil {
		return c.explain("look up the token itself", err)
	}
	// Every Consul server is registered as this service. A token that may not
	// see it would see nothing of what Drover runs either.
	_, err = c.Health(ctx, "consul")
	return err
}

// impostor is the error of an address where something else answers.
func (c *Client) impostor() error {
	return services.Errorf(services.CodeUnavailable, "what answers at %s is not Consul", c.Address()).
		WithHint("Set %s to Consul's address", c.endpoint.AddrVar)
}
