package bootstrap

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/services"
)

var update = flag.Bool("update", false, "write golden files")

var settings = services.VaultSettings{Mount: DefaultMount, Auth: DefaultAuth}

func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

func TestPolicies_Golden(t *testing.T) {
	for server, text := range Policies("drover", settings) {
		golden(t, server+".hcl", text)
	}
	golden(t, "vault-workloads.hcl", workloadPolicy("secret", "auth_jwt_0a1b2c3d"))
}

// Drover can write every policy on Vault that is called drover-*. Its own must
// not be one.
func TestPolicyName_IsNoGrant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		namespace := rapid.StringMatching(namespacePattern.String()).Draw(t, "namespace")
		require.False(t, strings.HasPrefix(PolicyName(namespace), "drover-"))
		require.LessOrEqual(t, len(PolicyName(namespace)), 128, "Nomad's limit")
	})
	require.NotEqual(t, PolicyName("a"), PolicyName("b"))
	require.NotEqual(t, PolicyName("drover"), PolicyName("platform-drover"))
}

// Whatever passes the configuration's checks cannot add a rule.
func TestPolicies_KeepTheirShape(t *testing.T) {
	shape := func(text string) []string {
		f, diags := hclsyntax.ParseConfig([]byte(text), "policy.hcl", hcl.InitialPos)
		require.False(t, diags.HasErrors(), "%s\n%s", diags, text)
		var out []string
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			out = append(out, b.Type)
		}
		return out
	}
	want := map[string][]string{}
	for server, text := range Policies(DefaultNamespace, settings) {
		want[server] = shape(text)
	}
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{Namespace: rapid.String().Draw(t, "namespace")}
		cfg.Settings.Mount = rapid.OneOf(rapid.String(), rapid.StringMatching(mountPattern.String())).Draw(t, "mount")
		cfg.Settings.Auth = rapid.OneOf(rapid.String(), rapid.StringMatching(mountPattern.String())).Draw(t, "auth")
		cfg.Nomad.Address = "http://127.0.0.1:4646"
		if cfg.complete() != nil {
			return
		}
		for server, text := range Policies(cfg.Namespace, cfg.Settings) {
			require.Equal(t, want[server], shape(text))
		}
	})
}

func TestConfig_Complete(t *testing.T) {
	cfg := Config{}
	cfg.Nomad.Address = "https://nomad.example:4646/"
	require.NoError(t, cfg.complete())
	require.Equal(t, "drover", cfg.Namespace)
	require.Equal(t, settings, cfg.Settings)
	require.Equal(t, "https://nomad.example:4646/.well-known/jwks.json", cfg.JWKSURL)

	for want, cfg := range map[string]Config{
		`"a b" is not a Nomad namespace. Use letters`:        {Namespace: "a b"},
		`"se*cret" is not a path for a Vault mount. Use`:     {Settings: services.VaultSettings{Mount: "se*cret"}},
		`"/jwt" is not a path for a Vault mount. Use`:        {Settings: services.VaultSettings{Auth: "/jwt"}},
		`"nomad:4646" is not a URL of Nomad's public keys.`:  {JWKSURL: "nomad:4646"},
		`"ftp://nomad/" is not a URL of Nomad's public keys`: {JWKSURL: "ftp://nomad/"},
	} {
		err := cfg.complete()
		if cfg.JWKSURL == "" {
			cfg.JWKSURL = "http://127.0.0.1:4646"
			err = cfg.complete()
		}
		require.ErrorContains(t, err, want)
		require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
	}
}
