package consul

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/consul/api"

	"github.com/drover-platform/drover/services"
)

// hiddenSecret is what Consul shows of a token's secret to those who may read
// ACLs but not write them (agent/consul/acl_endpoint.go of Consul).
const hiddenSecret = "<hidden>"

// managedBy marks what bootstrap made, so that it updates nothing else.
const managedBy = "managed by " + services.ManagedBy

// CheckManagement returns an error that says what to do unless the client's
// token may write ACLs, which everything in this file needs.
func (c *Client) CheckManagement(ctx context.Context) error {
	const hint = "Set CONSUL_HTTP_TOKEN to a token with acl = \"write\": bootstrap makes an auth method, policies and a token"
	self, _, err := c.api.ACL().TokenReadSelf(query(ctx))
	if err != nil {
		if strings.Contains(err.Error(), "ACL support disabled") {
			return services.Errorf(services.CodeInvalid, "Consul at %s runs with ACLs off", c.Address()).
				WithHint("Set acl { enabled = true } in its configuration and run \"consul acl bootstrap\" first")
		}
		return c.explain("look up its own token", err)
	}
	seen, _, err := c.api.ACL().TokenRead(self.AccessorID, query(ctx))
	switch {
	case err == nil && seen.SecretID != hiddenSecret:
		return nil
	case err == nil || bootstrapStatus(err) == http.StatusForbidden:
		return services.Errorf(services.CodeForbidden, "the Consul token %q may not write ACLs", self.AccessorID).WithHint(hint)
	}
	return c.explain("read its own token", err)
}

// EnsurePolicy makes the ACL policy read as rules, HCL text.
func (c *Client) EnsurePolicy(ctx context.Context, name, rules string) (services.Change, error) {
	old, _, err := c.api.ACL().PolicyReadByName(name, query(ctx))
	if err != nil && bootstrapStatus(err) != http.StatusNotFound {
		return "", c.explain("read ACL policy "+name, err)
	}
	policy := &api.ACLPolicy{Name: name, Description: managedBy, Rules: rules}
	if old == nil {
		_, _, err := c.api.ACL().PolicyCreate(policy, write(ctx))
		return services.Created, c.explain("create ACL policy "+name, err)
	}
	if old.Rules == rules {
		return services.Unchanged, nil
	}
	if old.Description != managedBy {
		return "", c.foreign("ACL policy", name)
	}
	policy.ID = old.ID
	_, _, err = c.api.ACL().PolicyUpdate(policy, write(ctx))
	return services.Updated, c.explain("update ACL policy "+name, err)
}

// EnsureRole makes the ACL role hold the policy. A role that somebody else
// made is left alone.
func (c *Client) EnsureRole(ctx context.Context, name, policy string) (services.Change, error) {
	old, _, err := c.api.ACL().RoleReadByName(name, query(ctx))
	if err != nil && bootstrapStatus(err) != http.StatusNotFound {
		return "", c.explain("read ACL role "+name, err)
	}
	role := &api.ACLRole{Name: name, Description: managedBy, Policies: []*api.ACLLink{{Name: policy}}}
	if old == nil {
		_, _, err := c.api.ACL().RoleCreate(role, write(ctx))
		return services.Created, c.explain("create ACL role "+name, err)
	}
	if old.Description != managedBy || len(old.Policies) == 1 && old.Policies[0].Name == policy {
		return services.Unchanged, nil
	}
	role.ID = old.ID
	_, _, err = c.api.ACL().RoleUpdate(role, write(ctx))
	return services.Updated, c.explain("update ACL role "+name, err)
}

// WorkloadAuth is the login of Nomad's workloads to Consul.
type WorkloadAuth struct {
	Name     string // auth method, which Nomad's service_auth_method and task_auth_method name
	JWKSURL  string // where Consul reads Nomad's public keys
	JWKSCA   string // PEM text; "" is the system's
	Audience string // the identity's aud
}

// EnsureAuthMethod makes the JWT auth method trust Nomad's keys. A method of
// that name that somebody else made is used when it trusts the same keys, and
// an error otherwise.
func (c *Client) EnsureAuthMethod(ctx context.Context, auth WorkloadAuth) (services.Change, error) {
	old, _, err := c.api.ACL().AuthMethodRead(auth.Name, query(ctx))
	if err != nil && bootstrapStatus(err) != http.StatusNotFound {
		return "", c.explain("read auth method "+auth.Name, err)
	}
	config := map[string]any{
		"JWKSURL":          auth.JWKSURL,
		"JWTSupportedAlgs": []string{"RS256"},
		"BoundAudiences":   []string{auth.Audience},
		"ClaimMappings": map[string]string{
			"nomad_namespace": "nomad_namespace",
			"nomad_job_id":    "nomad_job_id",
			"nomad_task":      "nomad_task",
			"nomad_service":   "nomad_service",
		},
	}
	if auth.JWKSCA != "" {
		config["JWKSCACert"] = auth.JWKSCA
	}
	method := &api.ACLAuthMethod{Name: auth.Name, Type: "jwt", Description: managedBy, TokenLocality: "local", Config: config}
	if old == nil {
		_, _, err := c.api.ACL().AuthMethodCreate(method, write(ctx))
		return services.Created, c.explain("create auth method "+auth.Name, err)
	}
	if old.Description != managedBy {
		if url := old.Config["JWKSURL"]; old.Type != "jwt" || url != auth.JWKSURL {
			return "", services.Errorf(services.CodeConflict, "Consul's auth method %q was not made by Drover and trusts the keys at %v, not at %s", auth.Name, url, auth.JWKSURL).
				WithHint("Give the URL that it uses as the JWKS URL if it is the same Nomad's, or delete the auth method")
		}
		return services.Unchanged, nil
	}
	if old.Type == "jwt" && sameKeys(config, old.Config) {
		return services.Unchanged, nil
	}
	_, _, err = c.api.ACL().AuthMethodUpdate(method, write(ctx))
	return services.Updated, c.explain("update auth method "+auth.Name, err)
}

// BindingRule says what a login through an auth method may become.
type BindingRule struct {
	Method   string // auth method
	Type     string // "service" or "role"
	Name     string // bound name, such as "${value.nomad_service}"
	Selector string // which identities it is for
}

// EnsureBindingRule creates the rule unless one that says the same exists.
func (c *Client) EnsureBindingRule(ctx context.Context, rule BindingRule) (services.Change, error) {
	rules, _, err := c.api.ACL().BindingRuleList(rule.Method, query(ctx))
	if err != nil {
		return "", c.explain("list binding rules of "+rule.Method, err)
	}
	if slices.ContainsFunc(rules, func(old *api.ACLBindingRule) bool {
		return string(old.BindType) == rule.Type && old.BindName == rule.Name && old.Selector == rule.Selector
	}) {
		return services.Unchanged, nil
	}
	_, _, err = c.api.ACL().BindingRuleCreate(&api.ACLBindingRule{
		Description: managedBy,
		AuthMethod:  rule.Method,
		BindType:    api.BindingRuleBindType(rule.Type),
		BindName:    rule.Name,
		Selector:    rule.Selector,
	}, write(ctx))
	return services.Created, c.explain("create a binding rule of "+rule.Method, err)
}

// EnsureToken returns current when it is a token with the policy, and a new
// one otherwise. A current token that Consul does not know is replaced.
func (c *Client) EnsureToken(ctx context.Context, current services.Token, description, policy string) (services.Token, services.Change, error) {
	if !current.Empty() {
		q := query(ctx)
		q.Token = current.Reveal()
		self, _, err := c.api.ACL().TokenReadSelf(q)
		switch {
		case err == nil && slices.ContainsFunc(self.Policies, func(p *api.ACLLink) bool { return p.Name == policy }):
			return current, services.Unchanged, nil
		case err != nil && bootstrapStatus(err) != http.StatusForbidden && bootstrapStatus(err) != http.StatusNotFound:
			return services.Token{}, "", c.explain("look up the token of "+description, err)
		}
	}
	token, _, err := c.api.ACL().TokenCreate(&api.ACLToken{Description: description, Policies: []*api.ACLLink{{Name: policy}}}, write(ctx))
	if err != nil {
		return services.Token{}, "", c.explain("create a token for "+description, err)
	}
	return services.NewToken(token.SecretID), services.Created, nil
}

// foreign is the error for a thing that has Drover's name and not its mark.
func (c *Client) foreign(kind, name string) error {
	return services.Errorf(services.CodeConflict, "Consul's %s %q was not made by Drover and says something else", kind, name).
		WithHint("Rename or delete it, or set its description to %q to let Drover change it", managedBy)
}

// sameKeys reports whether got holds every key of want with the same value,
// as JSON.
func sameKeys(want, got map[string]any) bool {
	for k, v := range want {
		a, errA := json.Marshal(v)
		b, errB := json.Marshal(got[k])
		if errA != nil || errB != nil || string(a) != string(b) {
			return false
		}
	}
	return true
}

// bootstrapStatus returns the HTTP status of a Consul error, 0 when there was none.
func bootstrapStatus(err error) int {
	if r, ok := errors.AsType[api.StatusError](err); ok {
		return r.Code
	}
	return 0
}
