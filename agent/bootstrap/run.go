package bootstrap

import (
	"context"
	"errors"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// Step is one thing that was made sure of.
type Step struct {
	Server string          `json:"server"` // "Nomad", "Consul" or "Vault"
	Name   string          `json:"name"`   // such as "namespace drover"
	Change services.Change `json:"change"`
}

// Result is what a run did, in order, and the tokens for Drover.
type Result struct {
	Steps  []Step `json:"steps"`
	Tokens Tokens `json:"-"`
}

// Changed reports whether anything was not as it should be.
func (r *Result) Changed() bool {
	for _, s := range r.Steps {
		if s.Change != services.Unchanged {
			return true
		}
	}
	return false
}

// Run makes sure of everything that Drover needs on Nomad, Consul and Vault.
// It checks all three credentials before it changes anything, and can be run
// again after an error: it goes on where it stopped. The result holds what was
// done up to an error, too.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, result: &Result{Tokens: cfg.Tokens}}
	for _, phase := range []func(context.Context) error{r.connect, r.check, r.wireNomad, r.wireVault, r.wireConsul} {
		if err := phase(ctx); err != nil {
			return r.result, err
		}
	}
	return r.result, nil
}

// run is one run of Run.
type run struct {
	cfg    Config
	nomad  *nomad.Client
	consul *consul.Client
	vault  *vault.Client
	result *Result
}

func (r *run) connect(context.Context) (err error) {
	if r.nomad, err = nomad.New(r.cfg.Nomad); err != nil {
		return err
	}
	if r.consul, err = consul.New(r.cfg.Consul); err != nil {
		return err
	}
	r.vault, err = vault.New(r.cfg.Vault)
	return err
}

func (r *run) check(ctx context.Context) error {
	if err := r.nomad.CheckManagement(ctx); err != nil {
		return err
	}
	if err := r.consul.CheckManagement(ctx); err != nil {
		return err
	}
	s := r.cfg.Settings
	return r.vault.CheckManagement(ctx,
		"sys/mounts/"+s.Mount,
		"sys/auth/"+s.Auth,
		"auth/"+s.Auth+"/config",
		"auth/"+s.Auth+"/role/"+VaultDefaultRole,
		"sys/policies/acl/"+PolicyName(r.cfg.Namespace),
		"auth/token/create-orphan",
	)
}

func (r *run) wireNomad(ctx context.Context) error {
	ns, name := r.cfg.Namespace, PolicyName(r.cfg.Namespace)
	change, err := r.nomad.EnsureNamespace(ctx, ns, "A platform that Drover runs")
	if err := r.done("Nomad", "namespace "+ns, change, err); err != nil {
		return err
	}
	change, err = r.nomad.EnsurePolicy(ctx, name, "What Drover may do for the platform in "+ns, nomadPolicy(ns))
	if err := r.done("Nomad", "policy "+name, change, err); err != nil {
		return err
	}
	token, change, err := r.nomad.EnsureToken(ctx, r.cfg.Tokens.Nomad, name, name)
	if err == nil {
		r.result.Tokens.Nomad = token
	}
	return r.done("Nomad", "token "+name, change, err)
}

func (r *run) wireVault(ctx context.Context) error {
	s, name := r.cfg.Settings, PolicyName(r.cfg.Namespace)
	change, err := r.vault.EnsureKV(ctx, s.Mount)
	if err := r.done("Vault", "KV version 2 at "+s.Mount, change, err); err != nil {
		return err
	}
	accessor, change, err := r.vault.EnsureAuth(ctx, vault.WorkloadAuth{
		Mount: s.Auth, JWKSURL: r.cfg.JWKSURL, JWKSCA: r.cfg.JWKSCA, DefaultRole: VaultDefaultRole,
	})
	if err := r.done("Vault", "auth method "+s.Auth, change, err); err != nil {
		return err
	}
	change, err = r.vault.EnsureDefaultPolicy(ctx, VaultDefaultRole, workloadPolicy(s.Mount, accessor))
	if err := r.done("Vault", "policy "+VaultDefaultRole, change, err); err != nil {
		return err
	}
	change, err = r.vault.EnsureDefaultRole(ctx, vault.DefaultRole{
		Auth: s.Auth, Name: VaultDefaultRole, Policy: VaultDefaultRole,
	})
	if err := r.done("Vault", "role "+VaultDefaultRole, change, err); err != nil {
		return err
	}
	change, err = r.vault.EnsurePolicy(ctx, name, vaultPolicy(s))
	if err := r.done("Vault", "policy "+name, change, err); err != nil {
		return err
	}
	token, change, err := r.vault.EnsureToken(ctx, r.cfg.Tokens.Vault, name, name)
	if err == nil {
		r.result.Tokens.Vault = token
	}
	return r.done("Vault", "token "+name, change, err)
}

func (r *run) wireConsul(ctx context.Context) error {
	name, tasks := PolicyName(r.cfg.Namespace), "nomad-tasks-"+r.cfg.Namespace
	change, err := r.consul.EnsureAuthMethod(ctx, consul.WorkloadAuth{
		Name: ConsulAuthMethod, JWKSURL: r.cfg.JWKSURL, JWKSCA: r.cfg.JWKSCA, Audience: ConsulAudience,
	})
	if err := r.done("Consul", "auth method "+ConsulAuthMethod, change, err); err != nil {
		return err
	}
	for _, rule := range []consul.BindingRule{
		{Method: ConsulAuthMethod, Type: "service", Name: "${value.nomad_service}", Selector: `"nomad_service" in value`},
		{Method: ConsulAuthMethod, Type: "role", Name: "nomad-tasks-${value.nomad_namespace}", Selector: `"nomad_service" not in value`},
	} {
		change, err := r.consul.EnsureBindingRule(ctx, rule)
		if err := r.done("Consul", "binding rule for each "+rule.Type, change, err); err != nil {
			return err
		}
	}
	change, err = r.consul.EnsurePolicy(ctx, tasks, tasksPolicy())
	if err := r.done("Consul", "policy "+tasks, change, err); err != nil {
		return err
	}
	change, err = r.consul.EnsureRole(ctx, tasks, tasks)
	if err := r.done("Consul", "role "+tasks, change, err); err != nil {
		return err
	}
	change, err = r.consul.EnsurePolicy(ctx, name, consulPolicy())
	if err := r.done("Consul", "policy "+name, change, err); err != nil {
		return err
	}
	token, change, err := r.consul.EnsureToken(ctx, r.cfg.Tokens.Consul, name, name)
	if err == nil {
		r.result.Tokens.Consul = token
	}
	return r.done("Consul", "token "+name, change, err)
}

// done records a step and hands its error on.
func (r *run) done(server, name string, change services.Change, err error) error {
	if err != nil {
		if e, ok := errors.AsType[*services.Error](err); ok && e.Code == services.CodeForbidden {
			e.Hint = "Bootstrap needs a management token of " + server
		}
		return err
	}
	step := Step{Server: server, Name: name, Change: change}
	r.result.Steps = append(r.result.Steps, step)
	if change != services.Unchanged {
		r.cfg.Logger.Info("wired", "server", server, "what", name, "change", string(change))
	}
	if r.cfg.Progress != nil {
		r.cfg.Progress(step)
	}
	return nil
}
