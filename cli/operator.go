package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/services"
)

const bootstrapHelp = `Usage: drover operator bootstrap [options]

  Wires Nomad, Consul and Vault together for Drover: a Nomad namespace and an
  ACL policy; in Vault a KV version 2 mount, a JWT auth method on Nomad's keys
  and policies; in Consul an auth method and binding rules for workload
  identities; and Drover's own least-privilege tokens. Can be repeated: what is
  as it should be is left alone, and tokens that still work are kept.

  Needs management tokens in NOMAD_TOKEN, CONSUL_HTTP_TOKEN and VAULT_TOKEN.

Options:

  -out=<file>
    Where Drover's own tokens are written, for a shell to source, readable by
    you alone. Defaults to drover.env.

  -namespace=<name>
    Nomad namespace of the platform. Defaults to drover.

  -vault-mount=<path>, -vault-auth=<path>
    Vault's KV mount and JWT auth mount. Default to secret and jwt-nomad.

  -jwks-url=<url>
    Where Consul and Vault reach Nomad's public keys. Defaults to
    /.well-known/jwks.json at Nomad's address.

` + dataHelp + `
` + connectionHelp

const policyHelp = `Usage: drover operator policy [options]

  Prints the policies of Drover's own tokens, which "drover operator bootstrap"
  writes.

Options:

  -namespace=<name>, -vault-mount=<path>, -vault-auth=<path>
    As for "drover operator bootstrap".

` + dataHelp

func operatorCommand() Command {
	flags := func(more ...cli.Flag) []cli.Flag {
		return append([]cli.Flag{
			&cli.StringFlag{Name: "namespace", Value: bootstrap.DefaultNamespace},
			&cli.StringFlag{Name: "vault-mount", Value: bootstrap.DefaultMount},
			&cli.StringFlag{Name: "vault-auth", Value: bootstrap.DefaultAuth},
		}, more...)
	}
	return Command{
		Name: "operator", Synopsis: "Prepare a cluster for Drover",
		Subcommands: []Command{
			{
				Name: "bootstrap", Synopsis: "Wire Nomad, Consul and Vault together", Help: bootstrapHelp,
				Flags: flags(&cli.StringFlag{Name: "out", Value: "drover.env"}, &cli.StringFlag{Name: "jwks-url"}),
				Data:  true, Servers: true,
				Run: runBootstrap,
			},
			{
				Name: "policy", Synopsis: "Print the policies of Drover's own tokens", Help: policyHelp,
				Flags: flags(), Data: true,
				Run: runPolicy,
			},
		},
	}
}

func runBootstrap(ctx context.Context, m *Meta) error {
	c, err := m.Connection()
	if err != nil {
		return err
	}
	out := m.Flags.String("out")
	tokens, err := readTokens(out)
	if err != nil {
		return fmt.Errorf("read the tokens of an earlier bootstrap: %w", err)
	}
	result, err := bootstrap.Run(ctx, bootstrap.Config{
		Nomad: c.Nomad, Consul: c.Consul, Vault: c.Vault,
		Namespace: m.Flags.String("namespace"), Settings: m.vaultSettings(), JWKSURL: m.Flags.String("jwks-url"),
		Tokens: tokens, Logger: m.logger(),
		Progress: func(s bootstrap.Step) {
			if !m.WantsData() {
				fmt.Fprintf(m.Out, "%-9s  %s: %s\n", s.Change, s.Server, s.Name)
			}
		},
	})
	if err != nil {
		// A token that was made must not get lost.
		if result != nil && result.Tokens != tokens {
			err = errors.Join(err, writeEnv(out, bootstrapEnv(c, result.Tokens)))
		}
		return err
	}
	if err := writeEnv(out, bootstrapEnv(c, result.Tokens)); err != nil {
		return err
	}
	if m.WantsData() {
		return m.Format(result)
	}
	if err := m.noteVersion(ctx, c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.Out, "Drover's own tokens are in %s, readable by you alone. Use them with: . %s\n", out, out)
	return err
}

// noteVersion says which known defect of this Nomad an operator should know.
func (m *Meta) noteVersion(ctx context.Context, c Connection) error {
	client, err := nomad.New(c.Nomad)
	if err != nil {
		return err
	}
	version, err := client.Version(ctx)
	if err != nil {
		return err
	}
	if version.RacyRegister() {
		fmt.Fprintf(m.Err, "Warning: in Nomad %s, two registrations of one job at the same moment can both succeed (GH-27832). Run one apply at a time, or upgrade to 1.11.5, 2.0.1 or newer.\n", version)
	}
	return nil
}

// bootstrapEnv is the environment of Drover with its own tokens.
func bootstrapEnv(c Connection, tokens bootstrap.Tokens) []string {
	return []string{
		"NOMAD_ADDR=" + c.Nomad.Address, "NOMAD_TOKEN=" + tokens.Nomad.Reveal(),
		"CONSUL_HTTP_ADDR=" + c.Consul.Address, "CONSUL_HTTP_TOKEN=" + tokens.Consul.Reveal(),
		"VAULT_ADDR=" + c.Vault.Address, "VAULT_TOKEN=" + tokens.Vault.Reveal(),
	}
}

func (m *Meta) vaultSettings() services.VaultSettings {
	return services.VaultSettings{Mount: m.Flags.String("vault-mount"), Auth: m.Flags.String("vault-auth")}
}

// readTokens reads the tokens of an earlier bootstrap, if there was one.
func readTokens(path string) (bootstrap.Tokens, error) {
	var tokens bootstrap.Tokens
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return tokens, nil
	}
	if err != nil {
		return tokens, err
	}
	defer file.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		key, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		token := services.NewToken(strings.Trim(value, "'"))
		switch key {
		case "NOMAD_TOKEN":
			tokens.Nomad = token
		case "CONSUL_HTTP_TOKEN":
			tokens.Consul = token
		case "VAULT_TOKEN":
			tokens.Vault = token
		}
	}
	return tokens, lines.Err()
}

func runPolicy(_ context.Context, m *Meta) error {
	policies := bootstrap.Policies(m.Flags.String("namespace"), m.vaultSettings())
	return m.show(policies, func() string {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(policies)) {
			fmt.Fprintf(&b, "# %s\n%s\n\n", name, strings.TrimSpace(policies[name]))
		}
		return strings.TrimRight(b.String(), "\n") + "\n"
	})
}
