package vault

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func testGrant() services.Grant {
	job := services.Derive(services.KindApp, "acme", "alice")
	return services.Grant{Name: services.GrantName(job), Job: job, Namespace: "drover", Rules: "path \"x\" { capabilities = [\"read\"] }\n"}
}

func TestValidGrant(t *testing.T) {
	require.True(t, validGrant(testGrant().Name))
	for _, name := range []string{"", "root", "default", "drover", "drover-", "drover-agent", "drover-*", "drover-app-x", "app-aaaaaaaaaaaa", "drover-app-aaaaaaaaaaaa/.."} {
		require.False(t, validGrant(name), name)
		require.Equal(t, services.CodeInvalid, services.ErrorCode(checkGrant(name)))
	}
}

// The digest is the same for what Drover writes and for what Vault answers,
// and differs for every setting.
func TestDigest(t *testing.T) {
	c, err := New(Config{Address: "http://127.0.0.1:1"})
	require.NoError(t, err)
	g := testGrant()
	want := c.role(g)
	first, err := digest(want, want, g.Rules)
	require.NoError(t, err)
	require.Len(t, first, 16)

	answer := map[string]any{}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &answer))
	answer["max_age"] = 0 // a setting that does not matter
	answer["token_bound_cidrs"] = nil
	same, err := digest(want, answer, "\n"+g.Rules)
	require.NoError(t, err)
	require.Equal(t, first, same)

	seen := map[string]string{first: "itself"}
	differs := func(what string, role map[string]any, rules string) {
		d, err := digest(want, role, rules)
		require.NoError(t, err)
		require.NotContains(t, seen, d, what)
		seen[d] = what
	}
	differs("other rules", want, g.Rules+"#")
	differs("no policy", want, "")
	differs("no role", nil, g.Rules)
	for key := range want {
		changed := maps.Clone(want)
		changed[key] = "changed"
		differs(key, changed, g.Rules)
	}
}

func TestRole_UserClaim(t *testing.T) {
	for claim, pointer := range map[string]bool{"": false, "sub": false, "/nomad_job_id": true, "/extra_claims/unique_id": true} {
		c, err := New(Config{Address: "http://127.0.0.1:1", UserClaim: claim})
		require.NoError(t, err)
		role := c.role(testGrant())
		require.Equal(t, pointer, role["user_claim_json_pointer"], claim)
		if claim == "" {
			claim = "sub"
		}
		require.Equal(t, claim, role["user_claim"])
	}
}

func TestGenerate(t *testing.T) {
	value, err := generate(services.Generator{Encoding: "hex", Bytes: 36})
	require.NoError(t, err)
	raw, err := hex.DecodeString(value)
	require.NoError(t, err)
	require.Len(t, raw, 36)
	other, err := generate(services.Generator{Encoding: "hex", Bytes: 36})
	require.NoError(t, err)
	require.NotEqual(t, value, other)
	value, err = generate(services.Generator{Encoding: "base64", Bytes: 32})
	require.NoError(t, err)
	raw, err = base64.StdEncoding.DecodeString(value)
	require.NoError(t, err)
	require.Len(t, raw, 32)
	_, err = generate(services.Generator{Encoding: "hex", Bytes: 3})
	require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
}
