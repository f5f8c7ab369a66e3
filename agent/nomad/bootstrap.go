package nomad

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// CheckManagement returns an error that says what to do unless the client's
// token is a management token, which everything in this file needs.
func (c *Client) CheckManagement(ctx context.Context) error {
	const doing = "look up its own token"
	self, _, err := c.api.ACLTokens().Self(c.query(ctx))
	if err != nil {
		if strings.Contains(err.Error(), "ACL support disabled") {
			return services.Errorf(services.CodeInvalid, "Nomad at %s runs with ACLs off", c.cfg.Address).
				WithHint("Set acl { enabled = true } in its configuration and run \"nomad acl bootstrap\" first")
		}
		if bootstrapStatus(err) == http.StatusForbidden {
			// Every token that exists may look itself up.
			return c.endpoint.Refused(http.StatusUnauthorized, doing, "")
		}
		return c.explain(doing, err)
	}
	if self.Type != "management" {
		return services.Errorf(services.CodeForbidden, "the Nomad token %q is a %s token", self.Name, self.Type).
			WithHint("Set NOMAD_TOKEN to a management token: bootstrap makes a namespace and an ACL policy")
	}
	return nil
}

// EnsureNamespace creates the namespace unless it exists. One that exists is
// its owner's: nothing of it changes.
func (c *Client) EnsureNamespace(ctx context.Context, name, description string) (services.Change, error) {
	_, _, err := c.api.Namespaces().Info(name, c.query(ctx))
	if err == nil {
		return services.Unchanged, nil
	}
	if bootstrapStatus(err) != http.StatusNotFound {
		return "", c.explain("read namespace "+name, err)
	}
	_, err = c.api.Namespaces().Register(&api.Namespace{
		Name:        name,
		Description: description,
		Meta:        map[string]string{"managed_by": services.ManagedBy},
	}, c.write(ctx))
	if err != nil {
		return "", c.explain("create namespace "+name, err)
	}
	return services.Created, nil
}

// EnsurePolicy makes the ACL policy read as rules, HCL text.
func (c *Client) EnsurePolicy(ctx context.Context, name, description, rules string) (services.Change, error) {
	change := services.Updated
	old, _, err := c.api.ACLPolicies().Info(name, c.query(ctx))
	switch {
	case err == nil && old.Rules == rules && old.Description == description:
		return services.Unchanged, nil
	case err != nil && bootstrapStatus(err) == http.StatusNotFound:
		change = services.Created
	case err != nil:
		return "", c.explain("read ACL policy "+name, err)
	}
	_, err = c.api.ACLPolicies().Upsert(&api.ACLPolicy{Name: name, Description: description, Rules: rules}, c.write(ctx))
	if err != nil {
		return "", c.explain("write ACL policy "+name, err)
	}
	return change, nil
}

// EnsureToken returns current when it is a client token with the policy, and
// a new one otherwise. A current token that Nomad does not know is replaced.
func (c *Client) EnsureToken(ctx context.Context, current services.Token, name, policy string) (services.Token, services.Change, error) {
	if !current.Empty() {
		q := c.query(ctx)
		q.AuthToken = current.Reveal()
		self, _, err := c.api.ACLTokens().Self(q)
		switch {
		case err == nil && self.Type == "client" && slices.Contains(self.Policies, policy):
			return current, services.Unchanged, nil
		case err != nil && bootstrapStatus(err) != http.StatusForbidden:
			return services.Token{}, "", c.explain("look up the token of "+name, err)
		}
	}
	token, _, err := c.api.ACLTokens().Create(&api.ACLToken{Name: name, Type: "client", Policies: []string{policy}}, c.write(ctx))
	if err != nil {
		return services.Token{}, "", c.explain("create a token for "+name, err)
	}
	return services.NewToken(token.SecretID), services.Created, nil
}

// bootstrapStatus returns the HTTP status of a Nomad error, 0 when there was
// none.
func bootstrapStatus(err error) int {
	if r, ok := errors.AsType[api.UnexpectedResponseError](err); ok {
		return r.StatusCode()
	}
	if r, ok := errors.AsType[*api.UnexpectedResponseError](err); ok {
		return r.StatusCode()
	}
	return 0
}
