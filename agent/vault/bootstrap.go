package vault

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/vault/api"

	"github.com/drover-platform/drover/services"
)

// authDescription marks the auth mount that bootstrap made, so that it
// updates no other.
const authDescription = "Workload identities of Nomad, managed by " + services.ManagedBy

// ownPeriod is within how long Drover's own token has to be renewed, which a
// run of bootstrap does. It is Vault's default maximum.
const ownPeriod = "768h"

// CheckManagement returns an error that says what to do unless the client's
// token may write every one of the paths.
func (c *Client) CheckManagement(ctx context.Context, paths ...string) error {
	s, err := c.api.Logical().WriteWithContext(ctx, "sys/capabilities-self", map[string]any{"paths": paths})
	if err != nil {
		return c.explain("look up its own capabilities", err)
	}
	for _, path := range paths {
		if caps := words(s.Data[path]); !slices.Contains(caps, "root") && !slices.Contains(caps, "create") && !slices.Contains(caps, "update") {
			return services.Errorf(services.CodeForbidden, "the Vault token may not write %s", path).
				WithHint("Set VAULT_TOKEN to a token that may manage mounts, auth methods and policies: bootstrap makes one of each")
		}
	}
	return nil
}

// EnsureKV makes sure that a KV version 2 mount is there. A mount of another
// type or version is an error: it is somebody else's.
func (c *Client) EnsureKV(ctx context.Context, mount string) (services.Change, error) {
	mounts, err := c.api.Sys().ListMountsWithContext(ctx)
	if err != nil {
		return "", c.explain("list mounts", err)
	}
	if old, ok := mounts[mount+"/"]; ok {
		if version := old.Options["version"]; old.Type != "kv" || version != "2" {
			return "", services.Errorf(services.CodeConflict, "Vault's mount %q is %s, not KV version 2", mount, describeMount(old.Type, version)).
				WithHint("Upgrade it with \"vault kv enable-versioning %s\", or choose another mount", mount)
		}
		return services.Unchanged, nil
	}
	err = c.api.Sys().MountWithContext(ctx, mount, &api.MountInput{
		Type:        "kv",
		Description: "Secrets, managed by " + services.ManagedBy,
		Options:     map[string]string{"version": "2"},
	})
	return services.Created, c.explain("mount KV version 2 at "+mount, err)
}

func describeMount(kind, version string) string {
	switch {
	case kind != "kv":
		return "of type " + kind
	case version == "":
		return "KV version 1"
	}
	return "KV version " + version
}

// WorkloadAuth is the login of Nomad's workloads to Vault.
type WorkloadAuth struct {
	Mount       string // JWT auth mount, which Nomad's jwt_auth_backend_path names
	JWKSURL     string // where Vault reads Nomad's public keys
	JWKSCA      string // PEM text; "" is the system's
	DefaultRole string // the role of a login that names none
}

// EnsureAuth makes the JWT auth mount trust Nomad's keys and returns its
// accessor, which templated policies name. A mount that somebody else made is
// used when it trusts the same keys, and an error otherwise.
func (c *Client) EnsureAuth(ctx context.Context, auth WorkloadAuth) (accessor string, change services.Change, err error) {
	mounts, err := c.api.Sys().ListAuthWithContext(ctx)
	if err != nil {
		return "", "", c.explain("list auth methods", err)
	}
	change = services.Updated
	mount, exists := mounts[auth.Mount+"/"]
	if !exists {
		change = services.Created
		err := c.api.Sys().EnableAuthWithOptionsWithContext(ctx, auth.Mount, &api.EnableAuthOptions{Type: "jwt", Description: authDescription})
		if err != nil {
			return "", "", c.explain("enable the auth method "+auth.Mount, err)
		}
		if mounts, err = c.api.Sys().ListAuthWithContext(ctx); err != nil {
			return "", "", c.explain("list auth methods", err)
		}
		if mount = mounts[auth.Mount+"/"]; mount == nil {
			return "", "", services.Errorf(services.CodeInternal, "Vault enabled the auth method %q and does not list it", auth.Mount)
		}
	}
	if mount.Type != "jwt" {
		return "", "", services.Errorf(services.CodeConflict, "Vault's auth method %q is of type %s, not jwt", auth.Mount, mount.Type).
			WithHint("Choose another path for the login of Nomad's workloads")
	}
	config := map[string]any{
		"jwks_url":           auth.JWKSURL,
		"jwt_supported_algs": []string{"RS256", "EdDSA"},
		"default_role":       auth.DefaultRole,
	}
	if auth.JWKSCA != "" {
		config["jwks_ca_pem"] = auth.JWKSCA
	}
	path := "auth/" + auth.Mount + "/config"
	old, err := c.read(ctx, path)
	switch {
	case err != nil:
		return "", "", err
	case sameKeys(config, old):
		return mount.Accessor, services.Unchanged, nil
	case mount.Description != authDescription && old["jwks_url"] == auth.JWKSURL:
		return mount.Accessor, services.Unchanged, nil
	case mount.Description != authDescription && len(old) > 0:
		return "", "", services.Errorf(services.CodeConflict, "Vault's auth method %q was not made by Drover and trusts the keys at %v, not at %s", auth.Mount, old["jwks_url"], auth.JWKSURL).
			WithHint("Give the URL that it uses as the JWKS URL if it is the same Nomad's, or choose another path")
	}
	if _, err := c.api.Logical().WriteWithContext(ctx, path, config); err != nil {
		return "", "", c.explain("write "+path, err)
	}
	return mount.Accessor, change, nil
}

// policyMark begins every policy that bootstrap writes: Vault's policies have
// no description.
const policyMark = "# managed by " + services.ManagedBy + "\n"

// EnsurePolicy makes the ACL policy read as rules, HCL text. A policy of that
// name that somebody else wrote is an error.
func (c *Client) EnsurePolicy(ctx context.Context, name, rules string) (services.Change, error) {
	change, foreign, err := c.ensurePolicy(ctx, name, rules)
	if foreign {
		return "", services.Errorf(services.CodeConflict, "Vault's policy %q was not made by Drover and says something else", name).
			WithHint("Rename or delete it, or begin it with the line %q to let Drover change it", strings.TrimSpace(policyMark))
	}
	return change, err
}

// EnsureDefaultPolicy is EnsurePolicy for the policy of [DefaultRole], which
// other set-ups of Nomad make under the same name: theirs is left alone.
func (c *Client) EnsureDefaultPolicy(ctx context.Context, name, rules string) (services.Change, error) {
	change, foreign, err := c.ensurePolicy(ctx, name, rules)
	if foreign {
		return services.Unchanged, nil
	}
	return change, err
}

func (c *Client) ensurePolicy(ctx context.Context, name, rules string) (change services.Change, foreign bool, err error) {
	rules = policyMark + rules
	old, err := c.api.Sys().GetPolicyWithContext(ctx, name)
	switch {
	case err != nil:
		return "", false, c.explain("read policy "+name, err)
	case strings.TrimSpace(old) == strings.TrimSpace(rules):
		return services.Unchanged, false, nil
	case old == "":
		change = services.Created
	case !strings.HasPrefix(old, policyMark):
		return "", true, nil
	default:
		change = services.Updated
	}
	return change, false, c.explain("write policy "+name, c.api.Sys().PutPolicyWithContext(ctx, name, rules))
}

// DefaultRole is the role of Nomad's workloads that name none of their own.
type DefaultRole struct {
	Auth   string // auth mount
	Name   string
	Policy string
}

// EnsureDefaultRole creates the role, or updates it when it has the policy
// already. A role with other policies is somebody else's and left alone.
func (c *Client) EnsureDefaultRole(ctx context.Context, role DefaultRole) (services.Change, error) {
	path := "auth/" + role.Auth + "/role/" + role.Name
	old, err := c.read(ctx, path)
	if err != nil {
		return "", err
	}
	want := map[string]any{
		"role_type":               "jwt",
		"bound_audiences":         []string{Audience},
		"user_claim":              c.userClaim,
		"user_claim_json_pointer": strings.HasPrefix(c.userClaim, "/"),
		"claim_mappings": map[string]string{
			"nomad_namespace": "nomad_namespace",
			"nomad_job_id":    "nomad_job_id",
			"nomad_task":      "nomad_task",
		},
		"token_type":     "service",
		"token_policies": []string{role.Policy},
		"token_period":   tokenPeriod,
	}
	change := services.Created
	if len(old) > 0 {
		change = services.Updated
		if sameKeys(want, old) || !slices.Contains(words(old["token_policies"]), role.Policy) {
			return services.Unchanged, nil
		}
	}
	_, err = c.api.Logical().WriteWithContext(ctx, path, want)
	return change, c.explain("write "+path, err)
}

// EnsureToken returns current, renewed, when it is a periodic token with the
// policy, and a new orphan otherwise. A current token that Vault does not know
// is replaced.
func (c *Client) EnsureToken(ctx context.Context, current services.Token, name, policy string) (services.Token, services.Change, error) {
	ok, err := c.renew(ctx, current, policy)
	if err != nil {
		return services.Token{}, "", err
	}
	if ok {
		return current, services.Unchanged, nil
	}
	s, err := c.api.Auth().Token().CreateOrphanWithContext(ctx, &api.TokenCreateRequest{
		DisplayName: name,
		Policies:    []string{policy},
		Period:      ownPeriod,
		Renewable:   new(true),
		Metadata:    map[string]string{"managed_by": services.ManagedBy},
	})
	if err != nil {
		return services.Token{}, "", c.explain("create a token for "+name, err)
	}
	return services.NewToken(s.Auth.ClientToken), services.Created, nil
}

// renew reports whether the token is a periodic one with the policy, and
// renews it if so.
func (c *Client) renew(ctx context.Context, token services.Token, policy string) (bool, error) {
	if token.Empty() {
		return false, nil
	}
	as, err := c.api.Clone()
	if err != nil {
		return false, c.explain("copy the client", err)
	}
	as.SetToken(token.Reveal())
	s, err := as.Auth().Token().LookupSelfWithContext(ctx)
	if err != nil {
		if status(err) == http.StatusForbidden {
			return false, nil
		}
		return false, c.explain("look up the token with policy "+policy, err)
	}
	if period, _ := s.Data["period"].(json.Number); period == "" || period == "0" || !slices.Contains(words(s.Data["policies"]), policy) {
		return false, nil
	}
	if _, err := as.Auth().Token().RenewSelfWithContext(ctx, 0); err != nil {
		return false, c.explain("renew the token with policy "+policy, err)
	}
	return true, nil
}

// read returns the data at path, nil when there is none.
func (c *Client) read(ctx context.Context, path string) (map[string]any, error) {
	s, err := c.api.Logical().ReadWithContext(ctx, path)
	if err != nil {
		return nil, c.explain("read "+path, err)
	}
	if s == nil {
		return nil, nil
	}
	return s.Data, nil
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

// words returns a list of strings as Vault's API gives it.
func words(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
