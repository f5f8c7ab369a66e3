package devstack

import (
	"context"
	"fmt"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// wire runs the product's own bootstrap against the servers.
func (s *Stack) wire(ctx context.Context, cfg Config) error {
	s.Management = bootstrap.Tokens{
		Nomad:  services.NewToken(s.state.NomadManagement),
		Consul: services.NewToken(s.state.ConsulManagement),
		Vault:  services.NewToken(s.state.VaultRoot),
	}
	result, err := bootstrap.Run(ctx, s.BootstrapConfig())
	if err != nil {
		return fmt.Errorf("wire the servers: %w", err)
	}
	s.Bootstrap, s.Drover = result, result.Tokens
	s.state.DroverNomad = result.Tokens.Nomad.Reveal()
	s.state.DroverConsul = result.Tokens.Consul.Reveal()
	s.state.DroverVault = result.Tokens.Vault.Reveal()
	changed := 0
	for _, step := range result.Steps {
		if step.Change != services.Unchanged {
			changed++
		}
	}
	fmt.Fprintf(cfg.Progress, "wired Nomad, Consul and Vault: %d of %d steps changed something\n", changed, len(result.Steps))
	return s.state.save(cfg.Dir)
}

// BootstrapConfig returns what wires this stack: management credentials, and
// the tokens of an earlier run.
func (s *Stack) BootstrapConfig() bootstrap.Config {
	return bootstrap.Config{
		Nomad:     nomad.Config{Address: s.Nomad, Token: s.Management.Nomad, Namespace: s.Namespace},
		Consul:    consul.Config{Address: s.Consul, Token: s.Management.Consul},
		Vault:     vault.Config{Address: s.Vault, Token: s.Management.Vault},
		Namespace: s.Namespace,
		Tokens: bootstrap.Tokens{
			Nomad:  services.NewToken(s.state.DroverNomad),
			Consul: services.NewToken(s.state.DroverConsul),
			Vault:  services.NewToken(s.state.DroverVault),
		},
	}
}

// Env returns the environment that tells Drover and the servers' own
// command-line tools about the stack, with Drover's least-privilege tokens.
func (s *Stack) Env() []string { return s.env(s.Drover) }

// ManagementEnv is Env with the credentials that may do everything.
func (s *Stack) ManagementEnv() []string { return s.env(s.Management) }

func (s *Stack) env(tokens bootstrap.Tokens) []string {
	return []string{
		"NOMAD_ADDR=" + s.Nomad,
		"NOMAD_TOKEN=" + tokens.Nomad.Reveal(),
		"CONSUL_HTTP_ADDR=" + s.Consul,
		"CONSUL_HTTP_TOKEN=" + tokens.Consul.Reveal(),
		"VAULT_ADDR=" + s.Vault,
		"VAULT_TOKEN=" + tokens.Vault.Reveal(),
	}
}
