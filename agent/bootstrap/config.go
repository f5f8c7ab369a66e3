package bootstrap

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// What Config says when it says nothing, and the audiences and the names that
// Nomad's own configuration uses for workload identities.
const (
	DefaultNamespace = "drover"
	DefaultMount     = "secret"
	DefaultAuth      = "jwt-nomad"

	ConsulAuthMethod = "nomad-workloads" // Nomad's default service_auth_method and task_auth_method
	ConsulAudience   = "consul.io"
	VaultDefaultRole = "nomad-workloads" // for Nomad's create_from_role
)

// Config says what to wire and with which credentials.
type Config struct {
	Nomad  nomad.Config  // token: management
	Consul consul.Config // token: acl = "write"
	Vault  vault.Config  // token: may manage mounts, auth methods, policies and tokens

	Namespace string                 // Nomad namespace of the platform; "" is DefaultNamespace
	Settings  services.VaultSettings // "" is DefaultMount and DefaultAuth

	// JWKSURL is where Consul and Vault reach Nomad's public keys; "" is below
	// Nomad's address as Drover reaches it. JWKSCA is the PEM text of its CA.
	JWKSURL string
	JWKSCA  string

	// Tokens are those of an earlier run. Each is kept when it is valid still.
	Tokens Tokens

	Progress func(Step)   // called after each step; may be nil
	Logger   hclog.Logger // nil logs nothing
}

// Tokens are Drover's own, least-privilege tokens.
type Tokens struct {
	Nomad  services.Token
	Consul services.Token
	Vault  services.Token
}

var (
	namespacePattern = regexp.MustCompile(`^[a-zA-Z0-9-]{1,120}$`)
	mountPattern     = regexp.MustCompile(`^[a-zA-Z0-9_-]+(/[a-zA-Z0-9_-]+)*$`)
)

// complete fills in the defaults and checks the rest.
func (c *Config) complete() error {
	if c.Namespace == "" {
		c.Namespace = DefaultNamespace
	}
	if c.Settings.Mount == "" {
		c.Settings.Mount = DefaultMount
	}
	if c.Settings.Auth == "" {
		c.Settings.Auth = DefaultAuth
	}
	if c.JWKSURL == "" {
		c.JWKSURL = strings.TrimSuffix(c.Nomad.Address, "/") + "/.well-known/jwks.json"
	}
	if c.Logger == nil {
		c.Logger = hclog.NewNullLogger()
	}
	if !namespacePattern.MatchString(c.Namespace) {
		return services.Errorf(services.CodeInvalid, "%q is not a Nomad namespace", c.Namespace).
			WithHint("Use letters, digits and dashes, at most 120")
	}
	for _, path := range []string{c.Settings.Mount, c.Settings.Auth} {
		if !mountPattern.MatchString(path) {
			return services.Errorf(services.CodeInvalid, "%q is not a path for a Vault mount", path).
				WithHint("Use letters, digits, dashes and underscores, with slashes between parts")
		}
	}
	if u, err := url.Parse(c.JWKSURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return services.Errorf(services.CodeInvalid, "%q is not a URL of Nomad's public keys", c.JWKSURL).
			WithHint("Give one such as https://nomad.example:4646/.well-known/jwks.json")
	}
	return nil
}
