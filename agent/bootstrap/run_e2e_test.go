//go:build e2e

package bootstrap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/e2e/devstack"
	"github.com/drover-platform/drover/services"
)

// stack is what the tests of this package wire.
var stack *devstack.Stack

func TestMain(m *testing.M) {
	if devstack.IsSupervisor() {
		os.Exit(devstack.SupervisorMain())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "drover-bootstrap-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	stack, err = devstack.Start(context.Background(), devstack.Config{Dir: dir, Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := stack.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// servers say where each server is and what carries its token.
func servers() map[string]struct{ address, header string } {
	return map[string]struct{ address, header string }{
		"nomad":  {stack.Nomad, "X-Nomad-Token"},
		"consul": {stack.Consul, "X-Consul-Token"},
		"vault":  {stack.Vault, "X-Vault-Token"},
	}
}

func pick(tokens bootstrap.Tokens, server string) services.Token {
	return map[string]services.Token{"nomad": tokens.Nomad, "consul": tokens.Consul, "vault": tokens.Vault}[server]
}

// call makes a request with a token of that set and returns the status.
func call(t *testing.T, tokens bootstrap.Tokens, server, method, path string, body any) (int, string) {
	t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		in = bytes.NewReader(text)
	}
	at := servers()[server]
	req, err := http.NewRequestWithContext(t.Context(), method, at.address+path, in)
	require.NoError(t, err)
	req.Header.Set(at.header, pick(tokens, server).Reveal())
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

type object map[string]any

func TestRun_SecondChangesNothing(t *testing.T) {
	cfg := stack.BootstrapConfig()
	var log bytes.Buffer
	cfg.Logger = hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Trace})
	var seen []bootstrap.Step
	cfg.Progress = func(s bootstrap.Step) { seen = append(seen, s) }
	got, err := bootstrap.Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, got.Steps, 16)
	require.Equal(t, got.Steps, seen)
	for _, s := range got.Steps {
		require.Equal(t, services.Unchanged, s.Change, "%s %s", s.Server, s.Name)
	}
	require.False(t, got.Changed())
	require.Equal(t, stack.Drover, got.Tokens)
	require.Empty(t, log.String())

	text, err := json.Marshal(got)
	require.NoError(t, err)
	for _, server := range []string{"nomad", "consul", "vault"} {
		for _, tokens := range []bootstrap.Tokens{stack.Drover, stack.Management} {
			require.NotContains(t, string(text)+fmt.Sprintf("%v %+v %#v", got, cfg, cfg), pick(tokens, server).Reveal())
		}
	}
}

// What a hand changed or a token that was revoked is repaired, and nothing
// else is touched.
func TestRun_Repairs(t *testing.T) {
	all := stack.Management
	status, _ := call(t, all, "nomad", "POST", "/v1/acl/policy/drover", object{"Name": "drover", "Rules": `node { policy = "write" }`})
	require.Equal(t, 200, status)
	status, _ = call(t, all, "vault", "PUT", "/v1/sys/policies/acl/drover", object{"policy": "# managed by drover\npath \"*\" { capabilities = [\"read\"] }"})
	require.Equal(t, 204, status)
	status, _ = call(t, all, "vault", "POST", "/v1/auth/jwt-nomad/role/nomad-workloads", object{
		"role_type": "jwt", "bound_audiences": []string{"other"}, "user_claim": "sub", "token_policies": []string{"nomad-workloads"}})
	require.Less(t, status, 300)
	status, _ = call(t, all, "consul", "DELETE", "/v1/acl/auth-method/nomad-workloads", nil)
	require.Equal(t, 200, status)

	cfg := stack.BootstrapConfig()
	cfg.Tokens.Consul = services.NewToken("00000000-1111-2222-3333-444444444444") // one that Consul does not know
	cfg.Tokens.Vault = services.NewToken("hvs.unknown")
	cfg.Tokens.Nomad = services.NewToken("00000000-1111-2222-3333-444444444444")
	got, err := bootstrap.Run(t.Context(), cfg)
	require.NoError(t, err)
	changes := map[string]services.Change{}
	for _, s := range got.Steps {
		if s.Change != services.Unchanged {
			changes[s.Server+" "+s.Name] = s.Change
		}
	}
	require.Equal(t, map[string]services.Change{
		"Nomad policy drover":                  services.Updated,
		"Nomad token drover":                   services.Created,
		"Vault policy drover":                  services.Updated,
		"Vault role nomad-workloads":           services.Updated,
		"Vault token drover":                   services.Created,
		"Consul auth method nomad-workloads":   services.Created,
		"Consul binding rule for each service": services.Created, // they go with the auth method
		"Consul binding rule for each role":    services.Created,
		"Consul token drover":                  services.Created,
	}, changes)
	for _, server := range []string{"nomad", "consul", "vault"} {
		require.NotEqual(t, pick(cfg.Tokens, server), pick(got.Tokens, server))
	}
	again := stack.BootstrapConfig()
	again.Tokens = got.Tokens
	got, err = bootstrap.Run(t.Context(), again)
	require.NoError(t, err)
	require.False(t, got.Changed(), "%v", got.Steps)
}

// Credentials that are not enough are told before anything changes.
func TestRun_Refused(t *testing.T) {
	full := stack.BootstrapConfig()
	for name, c := range map[string]struct {
		change func(*bootstrap.Config)
		code   services.Code
		want   string
	}{
		"nomad client token": {
			func(c *bootstrap.Config) { c.Nomad.Token = stack.Drover.Nomad }, services.CodeForbidden,
			`the Nomad token "drover" is a client token. Set NOMAD_TOKEN to a management token: bootstrap makes a namespace and an ACL policy`},
		"consul token without acl": {
			func(c *bootstrap.Config) { c.Consul.Token = stack.Drover.Consul }, services.CodeForbidden,
			`may not write ACLs. Set CONSUL_HTTP_TOKEN to a token with acl = "write": bootstrap makes an auth method, policies and a token`},
		"vault token without sudo": {
			func(c *bootstrap.Config) { c.Vault.Token = stack.Drover.Vault }, services.CodeForbidden,
			`the Vault token may not write sys/mounts/secret. Set VAULT_TOKEN to a token that may manage mounts, auth methods and policies: bootstrap makes one of each`},
		"nomad unknown token": {
			func(c *bootstrap.Config) { c.Nomad.Token = services.NewToken("00000000-1111-2222-3333-444444444444") }, services.CodeUnauthorized,
			`does not accept the token`},
		"consul unknown token": {
			func(c *bootstrap.Config) { c.Consul.Token = services.NewToken("00000000-1111-2222-3333-444444444444") }, services.CodeUnauthorized,
			`does not accept the token`},
		"vault unknown token": {
			func(c *bootstrap.Config) { c.Vault.Token = services.NewToken("hvs.unknown") }, services.CodeUnauthorized,
			`does not accept the token`},
		"nomad down": {
			func(c *bootstrap.Config) { c.Nomad.Address = "http://127.0.0.1:1" }, services.CodeUnavailable,
			`cannot reach Nomad at http://127.0.0.1:1: connection refused. Start Nomad, or set NOMAD_ADDR to its address`},
		"consul down": {
			func(c *bootstrap.Config) { c.Consul.Address = "http://127.0.0.1:1" }, services.CodeUnavailable,
			`cannot reach Consul at http://127.0.0.1:1: connection refused. Start Consul, or set CONSUL_HTTP_ADDR to its address`},
		"vault down": {
			func(c *bootstrap.Config) { c.Vault.Address = "http://127.0.0.1:1" }, services.CodeUnavailable,
			`cannot reach Vault at http://127.0.0.1:1: connection refused. Start Vault, or set VAULT_ADDR to its address`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := full
			cfg.Namespace = "never-made"
			c.change(&cfg)
			got, err := bootstrap.Run(t.Context(), cfg)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.code, services.ErrorCode(err), "%v", err)
			require.Empty(t, got.Steps)
			status, _ := call(t, stack.Management, "nomad", "GET", "/v1/namespace/never-made", nil)
			require.Equal(t, 404, status, "nothing is half done")
		})
	}
}

// What somebody else made under a name that bootstrap uses is not overwritten.
func TestRun_Foreign(t *testing.T) {
	all := stack.Management
	status, _ := call(t, all, "vault", "POST", "/v1/sys/mounts/kv1", object{"type": "kv", "options": object{"version": "1"}})
	require.Equal(t, 204, status)
	status, _ = call(t, all, "vault", "POST", "/v1/sys/auth/jwt-other", object{"type": "jwt"})
	require.Equal(t, 204, status)
	status, text := call(t, all, "vault", "POST", "/v1/auth/jwt-other/config", object{"jwks_url": stack.Nomad + "/.well-known/jwks.json?other"})
	require.Equal(t, 204, status, text)
	status, _ = call(t, all, "vault", "POST", "/v1/sys/auth/plain", object{"type": "userpass"})
	require.Equal(t, 204, status)
	status, _ = call(t, all, "vault", "PUT", "/v1/sys/policies/acl/platform-taken", object{"policy": `path "x" { capabilities = ["read"] }`})
	require.Equal(t, 204, status)
	status, _ = call(t, all, "consul", "PUT", "/v1/acl/policy", object{"Name": "platform-used", "Rules": `key_prefix "" { policy = "read" }`})
	require.Equal(t, 200, status)

	for name, c := range map[string]struct {
		change func(*bootstrap.Config)
		want   string
	}{
		"kv version 1": {func(c *bootstrap.Config) { c.Settings.Mount = "kv1" },
			`Vault's mount "kv1" is KV version 1, not KV version 2. Upgrade it with "vault kv enable-versioning kv1", or choose another mount`},
		"mount of another type": {func(c *bootstrap.Config) { c.Settings.Mount = "cubbyhole" },
			`Vault's mount "cubbyhole" is of type cubbyhole, not KV version 2`},
		"other keys": {func(c *bootstrap.Config) { c.Settings.Auth = "jwt-other" },
			`Vault's auth method "jwt-other" was not made by Drover and trusts the keys at ` + stack.Nomad + `/.well-known/jwks.json?other, not at`},
		"auth of another type": {func(c *bootstrap.Config) { c.Settings.Auth = "plain" },
			`Vault's auth method "plain" is of type userpass, not jwt`},
		"vault policy": {func(c *bootstrap.Config) { c.Namespace = "taken" },
			`Vault's policy "platform-taken" was not made by Drover and says something else`},
		"consul policy": {func(c *bootstrap.Config) { c.Namespace = "used" },
			`Consul's ACL policy "platform-used" was not made by Drover and says something else`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := stack.BootstrapConfig()
			c.change(&cfg)
			_, err := bootstrap.Run(t.Context(), cfg)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, services.CodeConflict, services.ErrorCode(err))
		})
	}
}

// A second platform on the same servers has its own namespace and tokens.
func TestRun_SecondPlatform(t *testing.T) {
	cfg := stack.BootstrapConfig()
	cfg.Namespace, cfg.Tokens = "second", bootstrap.Tokens{}
	got, err := bootstrap.Run(t.Context(), cfg)
	require.NoError(t, err)
	for server, path := range map[string]string{"nomad": "/v1/jobs?namespace=second", "consul": "/v1/catalog/services", "vault": "/v1/sys/policies/acl?list=true"} {
		status, text := call(t, got.Tokens, server, "GET", path, nil)
		require.Equal(t, 200, status, text)
	}
	status, _ := call(t, got.Tokens, "nomad", "GET", "/v1/jobs?namespace=drover", nil)
	require.Equal(t, 403, status)
}

func TestTokens_MayWhatDroverNeeds(t *testing.T) {
	c, err := vault.New(vault.Config{Address: stack.Vault, Token: stack.Drover.Vault})
	require.NoError(t, err)
	require.NoError(t, c.CheckPermissions(t.Context(), vault.Permissions(services.VaultSettings{Mount: "secret", Auth: "jwt-nomad"})))

	job := object{"ID": "sleeper", "Name": "sleeper", "Type": "batch", "Namespace": "drover", "Datacenters": []string{"dc1"}, "TaskGroups": []object{{
		"Name": "g", "Volumes": object{"v": object{"Name": "v", "Type": "host", "Source": "none", "AccessMode": "single-node-single-writer", "AttachmentMode": "file-system"}},
		"Tasks": []object{{"Name": "t", "Driver": "exec", "Config": object{"command": "/bin/drover"}}},
	}}}
	for _, c := range []struct {
		server, method, path string
		body                 any
	}{
		{"nomad", "GET", "/v1/nodes?resources=true", nil},
		{"nomad", "GET", "/v1/agent/self", nil},
		{"nomad", "POST", "/v1/jobs/parse?namespace=drover", object{"JobHCL": `job "x" {}`}},
		{"nomad", "PUT", "/v1/job/sleeper/plan?namespace=drover", object{"Job": job, "Diff": true}},
		{"nomad", "PUT", "/v1/jobs?namespace=drover", object{"Job": job}},
		{"nomad", "GET", "/v1/job/sleeper/versions?namespace=drover", nil},
		{"nomad", "GET", "/v1/job/sleeper/evaluations?namespace=drover", nil},
		{"nomad", "GET", "/v1/volumes?type=host&namespace=drover", nil},
		{"nomad", "DELETE", "/v1/job/sleeper?purge=true&namespace=drover", nil},
		{"consul", "GET", "/v1/catalog/services", nil},
		{"consul", "GET", "/v1/health/state/any", nil},
		{"vault", "PUT", "/v1/sys/policies/acl/drover-app-aaaaaaaaaaaa", object{"policy": `path "x" { capabilities = ["read"] }`}},
		{"vault", "DELETE", "/v1/sys/policies/acl/drover-app-aaaaaaaaaaaa", nil},
		{"vault", "POST", "/v1/secret/data/drover/x/Y", object{"options": object{"cas": 0}, "data": object{"value": "v"}}},
		{"vault", "GET", "/v1/secret/metadata/drover/x/Y", nil},
		{"vault", "POST", "/v1/auth/token/renew-self", nil},
	} {
		status, text := call(t, stack.Drover, c.server, c.method, c.path, c.body)
		require.Less(t, status, 300, "%s %s %s: %s", c.server, c.method, c.path, text)
	}
}

func TestTokens_MayNoMore(t *testing.T) {
	status, text := call(t, stack.Management, "vault", "POST", "/v1/secret/data/drover/x/Z", object{"data": object{"value": "v"}})
	require.Equal(t, 200, status, text)
	job := object{"ID": "j", "Type": "batch", "Datacenters": []string{"dc1"}, "TaskGroups": []object{{"Name": "g", "Tasks": []object{{"Name": "t", "Driver": "exec", "Config": object{"command": "x"}}}}}}
	for _, c := range []struct {
		server, method, path string
		body                 any
	}{
		{"nomad", "PUT", "/v1/namespace/other", object{"Name": "other"}},
		{"nomad", "DELETE", "/v1/namespace/drover", nil},
		{"nomad", "PUT", "/v1/jobs?namespace=default", object{"Job": job}},
		{"nomad", "GET", "/v1/jobs?namespace=default", nil},
		{"nomad", "GET", "/v1/acl/tokens", nil},
		{"nomad", "POST", "/v1/acl/policy/x", object{"Name": "x", "Rules": `node { policy = "read" }`}},
		{"nomad", "PUT", "/v1/acl/token", object{"Name": "x", "Type": "management"}},
		{"nomad", "PUT", "/v1/operator/scheduler/configuration", object{}},
		{"nomad", "PUT", "/v1/system/gc", nil},
		{"nomad", "GET", "/v1/operator/snapshot", nil},
		{"nomad", "PUT", "/v1/var/nomad/jobs/x?namespace=drover", object{"Path": "nomad/jobs/x", "Items": object{"a": "b"}}},
		{"nomad", "DELETE", "/v1/volume/host/00000000-0000-0000-0000-000000000000/delete?namespace=drover", nil},
		{"consul", "PUT", "/v1/kv/x", "y"},
		{"consul", "GET", "/v1/kv/x", nil},
		{"consul", "PUT", "/v1/agent/service/register", object{"Name": "x"}},
		{"consul", "PUT", "/v1/acl/token", object{}},
		{"consul", "GET", "/v1/acl/tokens", nil},
		{"vault", "GET", "/v1/secret/data/drover/x/Z", nil},
		{"vault", "POST", "/v1/secret/data/drover/x/Z", object{"data": object{"value": "other"}}},
		{"vault", "DELETE", "/v1/secret/data/drover/x/Z", nil},
		{"vault", "DELETE", "/v1/secret/metadata/drover/x/Z", nil},
		{"vault", "POST", "/v1/secret/data/other", object{"data": object{"value": "v"}}},
		{"vault", "GET", "/v1/secret/metadata/other?list=true", nil},
		{"vault", "PUT", "/v1/sys/policies/acl/drover", object{"policy": `path "*" { capabilities = ["sudo"] }`}},
		{"vault", "PUT", "/v1/sys/policies/acl/nomad-workloads", object{"policy": `path "*" { capabilities = ["read"] }`}},
		{"vault", "POST", "/v1/auth/jwt-nomad/role/nomad-workloads", object{}},
		{"vault", "POST", "/v1/auth/jwt-nomad/config", object{"jwks_url": "http://127.0.0.1:1"}},
		{"vault", "POST", "/v1/sys/mounts/x", object{"type": "kv"}},
		{"vault", "POST", "/v1/auth/token/create", object{"policies": []string{"root"}}},
		{"vault", "GET", "/v1/sys/mounts", nil},
	} {
		status, text := call(t, stack.Drover, c.server, c.method, c.path, c.body)
		name := strings.Join([]string{c.server, c.method, c.path}, " ")
		require.Equal(t, 403, status, "%s: %s", name, text)
	}
}
