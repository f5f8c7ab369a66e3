package cli

import (
	"cmp"
	"net/url"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// Where the servers are when nobody says: on this machine, as their own
// command lines have it.
const (
	defaultNomad  = "http://127.0.0.1:4646"
	defaultConsul = "http://127.0.0.1:8500"
	defaultVault  = "http://127.0.0.1:8200"
)

// maxTokenFile bounds a token file, in bytes.
const maxTokenFile = 4 << 10

// connectionHelp is the part of a command's help about [Command.Servers].
const connectionHelp = `Server Options:

  -nomad-address=<url>    Nomad; NOMAD_ADDR, or http://127.0.0.1:4646
  -nomad-region=<name>    Nomad's region; NOMAD_REGION, or the server's own
  -nomad-ca-cert=<file>   PEM file of Nomad's CA; NOMAD_CACERT
  -consul-address=<url>   Consul; CONSUL_HTTP_ADDR, or http://127.0.0.1:8500
  -consul-ca-cert=<file>  PEM file of Consul's CA; CONSUL_CACERT
  -vault-address=<url>    Vault; VAULT_ADDR, or http://127.0.0.1:8200
  -vault-ca-cert=<file>   PEM file of Vault's CA; VAULT_CACERT

  Tokens are read from NOMAD_TOKEN, CONSUL_HTTP_TOKEN and VAULT_TOKEN, or from
  the files that NOMAD_TOKEN_FILE, CONSUL_HTTP_TOKEN_FILE and VAULT_TOKEN_FILE
  name. They are no flags, because everybody on the machine can see flags.
`

func connectionFlags() []cli.Flag {
	var flags []cli.Flag
	for _, name := range []string{
		"nomad-address", "nomad-region", "nomad-ca-cert",
		"consul-address", "consul-ca-cert", "vault-address", "vault-ca-cert",
	} {
		flags = append(flags, &cli.StringFlag{Name: name})
	}
	return flags
}

// Connection says where the three servers are and as whom to talk to them.
type Connection struct {
	Nomad  nomad.Config // without a namespace, which is the platform's
	Consul consul.Config
	Vault  vault.Config
}

// Connection reads the flags and the environment of a command that has
// [Command.Servers]. It connects to nothing.
func (m *Meta) Connection() (Connection, error) {
	var c Connection
	var err error
	if c.Nomad.Address, err = m.address("nomad-address", "NOMAD_ADDR", defaultNomad, false); err != nil {
		return c, err
	}
	secure := strings.EqualFold(m.Getenv("CONSUL_HTTP_SSL"), "true") || m.Getenv("CONSUL_HTTP_SSL") == "1"
	if c.Consul.Address, err = m.address("consul-address", "CONSUL_HTTP_ADDR", defaultConsul, secure); err != nil {
		return c, err
	}
	if c.Vault.Address, err = m.address("vault-address", "VAULT_ADDR", defaultVault, false); err != nil {
		return c, err
	}
	if c.Nomad.Token, err = m.token("NOMAD_TOKEN"); err != nil {
		return c, err
	}
	if c.Consul.Token, err = m.token("CONSUL_HTTP_TOKEN"); err != nil {
		return c, err
	}
	if c.Vault.Token, err = m.token("VAULT_TOKEN"); err != nil {
		return c, err
	}
	c.Nomad.Region = cmp.Or(m.Flags.String("nomad-region"), m.Getenv("NOMAD_REGION"))
	c.Nomad.CACert = cmp.Or(m.Flags.String("nomad-ca-cert"), m.Getenv("NOMAD_CACERT"))
	c.Consul.CACert = cmp.Or(m.Flags.String("consul-ca-cert"), m.Getenv("CONSUL_CACERT"))
	c.Vault.CACert = cmp.Or(m.Flags.String("vault-ca-cert"), m.Getenv("VAULT_CACERT"))
	return c, nil
}

// address returns a server's URL without a slash at the end. An address
// without a scheme, which Consul's own variable allows, is http, or https
// when secure.
func (m *Meta) address(flag, variable, otherwise string, secure bool) (string, error) {
	given, from := m.Flags.String(flag), "-"+flag
	if given == "" {
		given, from = m.Getenv(variable), variable
	}
	if given == "" {
		return otherwise, nil
	}
	text := given
	if !strings.Contains(text, "://") {
		scheme := "http"
		if secure {
			scheme = "https"
		}
		text = scheme + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", services.Errorf(services.CodeInvalid, "%s is %q, which is not an http or https URL", from, redactUser(given)).
			WithHint("Use one such as %s", otherwise)
	}
	if u.User != nil {
		return "", services.Errorf(services.CodeInvalid, "%s has a user name or a password in it", from).
			WithHint("Use the server's token instead")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// redactUser hides what may be a password in a URL that cannot be parsed.
func redactUser(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 {
		return text
	}
	return services.Redacted + text[at:]
}

// token reads a token from the environment, or from the file that the
// variable with _FILE at the end names.
func (m *Meta) token(variable string) (services.Token, error) {
	if text := m.Getenv(variable); text != "" {
		return services.NewToken(strings.TrimSpace(text)), nil
	}
	path := m.Getenv(variable + "_FILE")
	if path == "" {
		return services.Token{}, nil
	}
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxTokenFile) {
		return services.Token{}, services.Errorf(services.CodeInvalid, "%s_FILE names %s, which is no file with a token", variable, path).
			WithHint("Name a file that holds nothing but the token")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return services.Token{}, services.Errorf(services.CodeInvalid, "cannot read %s, which %s_FILE names: %w", path, variable, pathCause(err)).
			WithHint("Name a file that holds nothing but the token, or set %s", variable)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return services.Token{}, services.Errorf(services.CodeInvalid, "%s_FILE names %s, which is empty", variable, path).
			WithHint("Name a file that holds nothing but the token")
	}
	return services.NewToken(token), nil
}
