package vault

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/drover-platform/drover/services"
)

// Check makes sure that Vault answers, is unsealed and accepts the token. The
// error says what to do.
func (c *Client) Check(ctx context.Context) error {
	health, err := c.api.Sys().HealthWithContext(ctx)
	_, unanswered := errors.AsType[*url.Error](err)
	switch code := status(err); {
	case unanswered, ctx.Err() != nil, code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return c.explain("tell its health", err)
	case err != nil, health.Version == "":
		return services.Errorf(services.CodeUnavailable, "what answers at %s is not Vault", c.Address()).
			WithHint("Set %s to Vault's address", c.endpoint.AddrVar)
	case !health.Initialized:
		return services.Errorf(services.CodeUnavailable, "Vault at %s is not initialized", c.Address()).
			WithHint("Initialize it with \"vault operator init\", then unseal it")
	case health.Sealed:
		return services.Errorf(services.CodeUnavailable, "Vault at %s is sealed", c.Address()).
			WithHint("Unseal it with \"vault operator unseal\", then try again")
	case c.api.Token() == "":
		return services.Errorf(services.CodeUnauthorized, "there is no token for Vault at %s", c.Address()).
			WithHint("Set %s to a token that exists and has not expired", c.endpoint.TokenVar)
	}
	_, err = c.api.Auth().Token().LookupSelfWithContext(ctx)
	if status(err) == http.StatusForbidden {
		// The default policy allows it, so this is about the token.
		return c.endpoint.Refused(http.StatusUnauthorized, "look up the token itself", "")
	}
	return c.explain("look up the token itself", err)
}

// Permission is what a token must be able to do at one path.
type Permission struct {
	Path         string
	Capabilities []string // "create", "read", "update", "delete", "list"
}

// Permissions lists everything that Drover does in Vault while it plans and
// applies, each at a path that stands for all of its kind.
func Permissions(settings services.VaultSettings) []Permission {
	name := services.GrantName(services.Derive(services.KindApp, "any"))
	secret := services.SecretPath(services.Derive(services.KindApp, "any"), "ANY")
	return []Permission{
		{"sys/policies/acl", []string{"list"}},
		{policyPath(name), []string{"create", "read", "update", "delete"}},
		{"auth/" + settings.Auth + "/role", []string{"list"}},
		{rolePath(settings.Auth, name), []string{"create", "read", "update", "delete"}},
		{settings.Mount + "/data/" + secret, []string{"create"}},
		{settings.Mount + "/metadata/" + secret, []string{"create", "read", "update"}},
		{settings.Mount + "/metadata/drover/", []string{"list"}},
	}
}

// CheckPermissions makes sure, in one request, that the token has every
// capability. The error, CodeForbidden, names the first that is missing.
func (c *Client) CheckPermissions(ctx context.Context, need []Permission) error {
	if len(need) == 0 {
		return nil
	}
	var paths []string
	for _, p := range need {
		paths = append(paths, p.Path)
	}
	s, err := c.api.Logical().WriteWithContext(ctx, "sys/capabilities-self", map[string]any{"paths": paths})
	if err != nil {
		return c.explain("look up its own capabilities", err)
	}
	for _, p := range need {
		have := words(s.Data[p.Path])
		if slices.Contains(have, "root") {
			continue
		}
		for _, capability := range p.Capabilities {
			if !slices.Contains(have, capability) {
				return services.Errorf(services.CodeForbidden, "Vault at %s does not permit the token to %s %s", c.Address(), capability, p.Path).
					WithHint("Give the token in %s the policy that \"drover operator policy\" prints", c.endpoint.TokenVar)
			}
		}
	}
	return nil
}
