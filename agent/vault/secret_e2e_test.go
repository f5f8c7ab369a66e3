//go:build e2e

package vault_test

import (
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/services"
)

func secretOf(name string) services.GeneratedSecret {
	job := services.Derive(services.KindHub, name)
	return services.GeneratedSecret{
		Job: job, Env: "SHARED_SECRET", Mount: "secret", Path: services.SecretPath(job, "SHARED_SECRET"),
		Generate: services.Generator{Encoding: "hex", Bytes: 36},
	}
}

func value(t *testing.T, s services.GeneratedSecret) string {
	t.Helper()
	data, ok := read(t, s.Mount+"/data/"+s.Path)["data"].(map[string]any)
	require.True(t, ok)
	text, ok := data[services.SecretKey].(string)
	require.True(t, ok)
	return text
}

func observeSecret(t *testing.T, c *vault.Client, s services.GeneratedSecret) (vault.ObservedSecret, bool) {
	t.Helper()
	enableOnce(t)
	o, err := c.Observe(t.Context(), nil, []services.GeneratedSecret{s, secretOf("never made")}, "jwt-secrets")
	require.NoError(t, err)
	require.NotContains(t, o.Secrets, secretOf("never made").Path)
	seen, ok := o.Secrets[s.Path]
	return seen, ok
}

var once sync.Once

func enableOnce(t *testing.T) {
	once.Do(func() { enableAuth(t, "jwt-secrets") })
}

func TestGenerateSecret_MakesItOnceAndMarksIt(t *testing.T) {
	c, s := client(t, rootToken), secretOf(unique("once"))
	_, ok := observeSecret(t, c, s)
	require.False(t, ok)
	created, err := c.GenerateSecret(t.Context(), s, "acme")
	require.NoError(t, err)
	require.True(t, created)
	first := value(t, s)
	made, err := hex.DecodeString(first)
	require.NoError(t, err)
	require.Len(t, made, 36)
	require.Equal(t, map[string]any{"managed_by": "drover", "platform": "acme", "job": string(s.Job)}, read(t, "secret/metadata/"+s.Path)["custom_metadata"])
	seen, ok := observeSecret(t, c, s)
	require.True(t, ok)
	require.Equal(t, vault.ObservedSecret{Version: "1", Owned: true}, seen)

	created, err = c.GenerateSecret(t.Context(), s, "acme")
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first, value(t, s))

	_, err = c.GenerateSecret(t.Context(), s, "other")
	require.EqualError(t, err, "the secret secret/"+s.Path+` belongs to the platform "acme"`)

	write(t, "secret/data/"+s.Path, map[string]any{"data": map[string]any{"value": "by hand"}})
	created, err = c.GenerateSecret(t.Context(), s, "acme")
	require.NoError(t, err, "a value that was rotated by hand stays")
	require.False(t, created)
	require.Equal(t, "by hand", value(t, s))
	seen, _ = observeSecret(t, c, s)
	require.Equal(t, vault.ObservedSecret{Version: "2", Owned: true}, seen)
}

// What a kill between the two writes leaves is a first version without a mark.
func TestGenerateSecret_FinishesWhatAKillLeft(t *testing.T) {
	c, s := client(t, rootToken), secretOf(unique("killed"))
	write(t, "secret/data/"+s.Path, map[string]any{"options": map[string]any{"cas": 0}, "data": map[string]any{"value": "made before the kill"}})
	_, ok := observeSecret(t, c, s)
	require.False(t, ok, "it is planned again")
	created, err := c.GenerateSecret(t.Context(), s, "acme")
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, "made before the kill", value(t, s))
	seen, ok := observeSecret(t, c, s)
	require.True(t, ok)
	require.Equal(t, vault.ObservedSecret{Version: "1", Owned: true}, seen)
}

func TestGenerateSecret_LeavesAForeignSecretAlone(t *testing.T) {
	c, s := client(t, rootToken), secretOf(unique("foreign"))
	write(t, "secret/data/"+s.Path, map[string]any{"data": map[string]any{"value": "theirs"}})
	write(t, "secret/metadata/"+s.Path, map[string]any{"custom_metadata": map[string]any{"owner": "them"}})
	seen, ok := observeSecret(t, c, s)
	require.True(t, ok)
	require.Equal(t, vault.ObservedSecret{Version: "1"}, seen)
	created, err := c.GenerateSecret(t.Context(), s, "acme")
	require.False(t, created)
	require.EqualError(t, err, "the secret secret/"+s.Path+" exists in Vault and does not carry Drover's mark. "+
		"Move it away, or refer to it with vault = \"secret/data/"+s.Path+`"`)
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.Equal(t, "theirs", value(t, s))
	require.Equal(t, map[string]any{"owner": "them"}, read(t, "secret/metadata/"+s.Path)["custom_metadata"])
}

func TestGenerateSecret_DoesNotReplaceADeletedOne(t *testing.T) {
	for name, path := range map[string]string{"deleted": "secret/delete/", "destroyed": "secret/destroy/"} {
		t.Run(name, func(t *testing.T) {
			c, s := client(t, rootToken), secretOf(unique(name))
			_, err := c.GenerateSecret(t.Context(), s, "acme")
			require.NoError(t, err)
			write(t, path+s.Path, map[string]any{"versions": []int{1}})
			_, ok := observeSecret(t, c, s)
			require.False(t, ok, "it is planned, so that the apply says what is wrong")
			created, err := c.GenerateSecret(t.Context(), s, "acme")
			require.False(t, created)
			require.EqualError(t, err, "the secret secret/"+s.Path+" was deleted in Vault, and Drover does not make another in its place. "+
				"Bring it back with \"vault kv undelete -mount=secret -versions=1 "+s.Path+"\", or, to lose it for good, "+
				"remove it with \"vault kv metadata delete -mount=secret "+s.Path+`"`)
			remove(t, "secret/metadata/"+s.Path)
			created, err = c.GenerateSecret(t.Context(), s, "acme")
			require.NoError(t, err, "what it says to do helps")
			require.True(t, created)
		})
	}
}

// Several that generate at once make one value between them.
func TestGenerateSecret_Race(t *testing.T) {
	for range 5 {
		s := secretOf(unique("race"))
		var wg sync.WaitGroup
		var created [8]bool
		var errs [8]error
		for i := range created {
			c := client(t, rootToken)
			wg.Go(func() { created[i], errs[i] = c.GenerateSecret(t.Context(), s, "acme") })
		}
		wg.Wait()
		n := 0
		for i := range created {
			require.NoError(t, errs[i])
			if created[i] {
				n++
			}
		}
		require.Equal(t, 1, n)
		require.Equal(t, "1", fmt.Sprint(read(t, "secret/metadata/"+s.Path)["current_version"]))
	}
}

func TestGenerateSecret_NeedsKVVersion2(t *testing.T) {
	enableOnce(t)
	c, s, old := client(t, rootToken), secretOf(unique("mounts")), unique("old")
	require.NoError(t, raw(t, address, rootToken).Sys().MountWithContext(t.Context(), old, &api.MountInput{Type: "kv"}))
	s.Mount = old
	_, err := c.Observe(t.Context(), nil, []services.GeneratedSecret{s}, "jwt-secrets")
	require.EqualError(t, err, `Vault's mount "`+old+`" is not KV version 2. Upgrade it with "vault kv enable-versioning `+old+`", or choose another mount`)
	s.Mount = "none"
	_, err = c.Observe(t.Context(), nil, []services.GeneratedSecret{s}, "jwt-secrets")
	require.EqualError(t, err, "Vault at "+address+` has no mount "none" that the token may use. `+
		`Make it with "drover operator bootstrap", or set VAULT_TOKEN to a token with the policy that "drover operator policy" prints`)
	_, err = c.GenerateSecret(t.Context(), s, "acme")
	require.EqualError(t, err, "Vault at "+address+` has no mount none. Make it with "drover operator bootstrap"`)
}
