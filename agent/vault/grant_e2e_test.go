//go:build e2e

package vault_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

// issuer stands for Nomad: it signs workload identities.
type issuer struct{ key *rsa.PrivateKey }

// enableAuth mounts a JWT auth method that trusts the issuer it returns.
func enableAuth(t *testing.T, mount string) issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	root := raw(t, address, rootToken)
	require.NoError(t, root.Sys().EnableAuthWithOptionsWithContext(t.Context(), mount, &api.EnableAuthOptions{Type: "jwt"}))
	write(t, "auth/"+mount+"/config", map[string]any{
		"jwt_validation_pubkeys": []string{string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		"jwt_supported_algs":     []string{"RS256"},
	})
	return issuer{key}
}

// identity signs the claims of a task of the job, with some replaced.
func (i issuer) identity(t *testing.T, namespace string, job services.JobID, replace map[string]any) string {
	t.Helper()
	now := time.Now()
	claims := map[string]any{
		"aud":             "vault.io",
		"iat":             now.Unix(),
		"nbf":             now.Unix(),
		"exp":             now.Add(time.Hour).Unix(),
		"jti":             "1",
		"sub":             strings.Join([]string{"global", namespace, string(job), "app", "app", "vault_default"}, ":"),
		"nomad_namespace": namespace, "nomad_job_id": string(job), "nomad_task": "app", "nomad_allocation_id": "a1",
	}
	maps.Copy(claims, replace)
	part := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func login(t *testing.T, mount, role, jwt string) (*api.SecretAuth, error) {
	t.Helper()
	s, err := raw(t, address, "").Logical().WriteWithContext(t.Context(), "auth/"+mount+"/login", map[string]any{"role": role, "jwt": jwt})
	if err != nil {
		return nil, err
	}
	return s.Auth, nil
}

// grantOf returns the grant of an App of that name, which reads the App's
// secrets in the mount "secret".
func grantOf(name string) services.Grant {
	job := services.Derive(services.KindApp, name)
	return services.Grant{
		Name: services.GrantName(job), Job: job, Namespace: "drover",
		Rules: "path \"secret/data/drover/" + string(job) + "/*\" {\n  capabilities = [\"read\"]\n}\n",
	}
}

func TestWriteGrant_AdmitsItsJobAlone(t *testing.T) {
	mount := unique("jwt-admits")
	nomad := enableAuth(t, mount)
	stranger := issuer{}
	var err error
	stranger.key, err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)

	a, b := grantOf(unique("admits a")), grantOf(unique("admits b"))
	c := client(t, rootToken)
	for _, g := range []services.Grant{a, b} {
		require.NoError(t, c.WriteGrant(t.Context(), mount, g))
		require.NoError(t, c.WriteGrant(t.Context(), mount, g), "again is no error")
		write(t, "secret/data/"+services.SecretPath(g.Job, "KEY"), map[string]any{"data": map[string]any{"value": "of " + string(g.Job)}})
	}

	auth, err := login(t, mount, a.Name, nomad.identity(t, "drover", a.Job, nil))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"default", a.Name}, auth.Policies)
	require.Equal(t, 1800, auth.LeaseDuration)
	require.True(t, auth.Renewable)
	require.Equal(t, map[string]string{"role": a.Name, "nomad_namespace": "drover", "nomad_job_id": string(a.Job), "nomad_task": "app"}, auth.Metadata)

	task := raw(t, address, auth.ClientToken)
	s, err := task.Logical().ReadWithContext(t.Context(), "secret/data/"+services.SecretPath(a.Job, "KEY"))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"value": "of " + string(a.Job)}, s.Data["data"])
	_, err = task.Auth().Token().RenewSelfWithContext(t.Context(), 0)
	require.NoError(t, err, "Nomad renews the token")
	for what, try := range map[string]func() error{
		"another job's secret": func() error {
			_, err := task.Logical().ReadWithContext(t.Context(), "secret/data/"+services.SecretPath(b.Job, "KEY"))
			return err
		},
		"the list of secrets": func() error {
			_, err := task.Logical().ListWithContext(t.Context(), "secret/metadata/drover")
			return err
		},
		"its own secret's metadata": func() error {
			_, err := task.Logical().ReadWithContext(t.Context(), "secret/metadata/"+services.SecretPath(a.Job, "KEY"))
			return err
		},
		"writing its own secret": func() error {
			_, err := task.Logical().WriteWithContext(t.Context(), "secret/data/"+services.SecretPath(a.Job, "KEY"), map[string]any{"data": map[string]any{}})
			return err
		},
	} {
		require.ErrorContains(t, try(), "permission denied", what)
	}

	for what, jwt := range map[string]string{
		"another job":             nomad.identity(t, "drover", b.Job, nil),
		"a job of a longer name":  nomad.identity(t, "drover", a.Job+"x", nil),
		"any job":                 nomad.identity(t, "drover", "*", nil),
		"no job":                  nomad.identity(t, "drover", a.Job, map[string]any{"nomad_job_id": nil}),
		"another namespace":       nomad.identity(t, "default", a.Job, nil),
		"another audience":        nomad.identity(t, "drover", a.Job, map[string]any{"aud": "consul.io"}),
		"an expired identity":     nomad.identity(t, "drover", a.Job, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"another issuer's key":    stranger.identity(t, "drover", a.Job, nil),
		"an identity without sub": nomad.identity(t, "drover", a.Job, map[string]any{"sub": ""}),
	} {
		_, err := login(t, mount, a.Name, jwt)
		require.Error(t, err, what)
	}

	// Removing the grant ends what is logged in, too.
	require.NoError(t, c.DeleteGrant(t.Context(), mount, a.Name))
	require.NoError(t, c.DeleteGrant(t.Context(), mount, a.Name), "again is no error")
	_, err = login(t, mount, a.Name, nomad.identity(t, "drover", a.Job, nil))
	require.Error(t, err)
	_, err = task.Logical().ReadWithContext(t.Context(), "secret/data/"+services.SecretPath(a.Job, "KEY"))
	require.ErrorContains(t, err, "permission denied")
	_, err = login(t, mount, b.Name, nomad.identity(t, "drover", b.Job, nil))
	require.NoError(t, err, "the other grant is untouched")
}

// Jobs of one name in two namespaces are two entities in Vault.
func TestWriteGrant_NamespacesDoNotShareAnEntity(t *testing.T) {
	mount := unique("jwt-entities")
	nomad := enableAuth(t, mount)
	g := grantOf(unique("entities"))
	c := client(t, rootToken)
	var entities []string
	for _, namespace := range []string{"drover", "other"} {
		g.Namespace = namespace
		require.NoError(t, c.WriteGrant(t.Context(), mount, g))
		auth, err := login(t, mount, g.Name, nomad.identity(t, namespace, g.Job, nil))
		require.NoError(t, err)
		require.NotEmpty(t, auth.EntityID)
		entities = append(entities, auth.EntityID)
	}
	require.NotEqual(t, entities[0], entities[1])
}

func TestWriteGrant_Refuses(t *testing.T) {
	c := client(t, rootToken)
	g := grantOf(unique("refuses"))
	err := c.WriteGrant(t.Context(), "no-such-mount", g)
	require.EqualError(t, err, "Vault at "+address+` has no auth method no-such-mount. Make it with "drover operator bootstrap"`)
	err = c.DeleteGrant(t.Context(), "no-such-mount", g.Name)
	require.EqualError(t, err, "Vault at "+address+` has no auth method no-such-mount. Make it with "drover operator bootstrap"`)
	err = c.DeleteGrant(t.Context(), "jwt", "drover-agent")
	require.EqualError(t, err, `"drover-agent" is not the name of a Vault role or policy that Drover may write: want "drover-" and a job ID`)
	g.Namespace = ""
	require.Equal(t, services.CodeInvalid, services.ErrorCode(c.WriteGrant(t.Context(), "jwt", g)))
}

func TestObserve_Grants(t *testing.T) {
	mount := unique("jwt-observe")
	enableAuth(t, mount)
	c := client(t, rootToken)
	want, other := grantOf(unique("observe want")), grantOf(unique("observe other"))
	observe := func() (have map[string]string, matches bool) {
		o, err := c.Observe(t.Context(), []services.Grant{want}, nil, mount)
		require.NoError(t, err)
		have = map[string]string{}
		for _, name := range []string{want.Name, other.Name, "drover-agent"} {
			if g, ok := o.Grants[name]; ok {
				have[name] = g.Version
			}
		}
		return have, o.Grants[want.Name].Matches
	}
	have, _ := observe()
	require.Empty(t, have, "nothing is there yet")

	write(t, "sys/policies/acl/drover-agent", map[string]any{"policy": `path "x" { capabilities = ["read"] }`})
	require.NoError(t, c.WriteGrant(t.Context(), mount, other))
	have, _ = observe()
	require.Equal(t, map[string]string{other.Name: "listed"}, have, "one that is not wanted is listed; one that is no job's is not")

	require.NoError(t, c.WriteGrant(t.Context(), mount, want))
	first, matches := observe()
	require.True(t, matches)
	require.Len(t, first[want.Name], 16)
	again, _ := observe()
	require.Equal(t, first, again)

	seen := map[string]bool{first[want.Name]: true}
	for what, change := range map[string]func(){
		"a policy more": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "token_policies": []string{want.Name, "root-ish"}})
		},
		"any namespace": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_claims": map[string]any{"nomad_job_id": want.Job}})
		},
		"another job too": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_claims": map[string]any{"nomad_namespace": "drover", "nomad_job_id": []string{string(want.Job), "x"}}})
		},
		"globs": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_claims_type": "glob"})
		},
		"another audience": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{"x"}})
		},
		"another period": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "token_period": "1h"})
		},
		"addresses": func() {
			write(t, "auth/"+mount+"/role/"+want.Name, map[string]any{"role_type": "jwt", "user_claim": "sub", "token_bound_cidrs": []string{"10.0.0.0/8"}})
		},
		"other rules": func() {
			write(t, "sys/policies/acl/"+want.Name, map[string]any{"policy": `path "*" { capabilities = ["read"] }`})
		},
		"no role":   func() { remove(t, "auth/"+mount+"/role/"+want.Name) },
		"no policy": func() { remove(t, "sys/policies/acl/"+want.Name) },
	} {
		change()
		have, matches := observe()
		require.False(t, matches, what)
		require.NotEmpty(t, have[want.Name], what)
		require.False(t, seen[have[want.Name]], "%s has a version of its own", what)
		seen[have[want.Name]] = true
		require.NoError(t, c.WriteGrant(t.Context(), mount, want))
		have, matches = observe()
		require.True(t, matches, "writing undoes %s", what)
		require.Equal(t, first, have)
	}

	o, err := c.Observe(t.Context(), nil, nil, "no-such-mount")
	require.NoError(t, err, "nothing is wanted, so nothing is missing")
	require.Equal(t, vault.Listed, o.Grants[want.Name].Version, "its policy")
	_, err = c.Observe(t.Context(), []services.Grant{want}, nil, "no-such-mount")
	require.EqualError(t, err, "Vault at "+address+` has no auth method no-such-mount. Make it with "drover operator bootstrap"`)
}

func remove(t *testing.T, path string) {
	t.Helper()
	_, err := raw(t, address, rootToken).Logical().DeleteWithContext(t.Context(), path)
	require.NoError(t, err)
}
