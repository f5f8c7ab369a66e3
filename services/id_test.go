package services

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDerive(t *testing.T) {
	alice := Derive(KindApp, "acme", "alice", "labeller")
	require.Equal(t, alice, Derive(KindApp, "acme", "alice", "labeller"))
	require.NotEqual(t, alice, Derive(KindApp, "acme", "alicel", "abeller"), "parts are told apart")
	require.NotEqual(t, alice.Hash(), Derive(KindHub, "acme", "alice", "labeller").Hash())
	require.Equal(t, ID("vol-"+alice.Hash()), alice.VolumeID())
	require.Equal(t, KindApp, alice.Kind())
	require.NotContains(t, string(alice), "alice")
	// The value is a contract: changing it would orphan every volume.
	require.Equal(t, ID("app-flvoabgyybdw"), alice)
}

func TestDerive_IsALabelAndNoPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []Kind{KindApp, KindHub, KindLinkage, KindRunner, KindUser, KindVolume}
		a := Derive(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SliceOf(rapid.String()).Draw(t, "a")...)
		b := Derive(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SliceOf(rapid.String()).Draw(t, "b")...)
		require.True(t, ValidName(string(a)), a)
		parsed, err := ParseID(string(a))
		require.NoError(t, err)
		require.Equal(t, a, parsed)
		if a != b {
			require.False(t, strings.HasPrefix(string(a), string(b)))
		}
	})
}

func TestParseID_Refuses(t *testing.T) {
	for _, s := range []string{"", "app", "app-", "app-short", "App-abcdefghijkl", "app-abcdefghijk1", "app-abcdefghijkl/x", "job-abcdefghijkl", "app-abcdefghijkl\n"} {
		_, err := ParseID(s)
		require.Equal(t, CodeInvalid, ErrorCode(err), s)
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "alice": true, "a-1": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "a-": false, "1a": false, "Alice": false, "a_b": false, "a.b": false, "é": false, "a\n": false, strings.Repeat("a", 64): false,
	} {
		require.Equal(t, want, ValidName(name), "%q", name)
	}
}

func TestParseGenerator(t *testing.T) {
	g, err := ParseGenerator("hex:36")
	require.NoError(t, err)
	require.Equal(t, Generator{Encoding: "hex", Bytes: 36}, g)
	require.Equal(t, "hex:36", g.String())
	for _, s := range []string{"", "hex", "hex:", "hex:15", "hex:1025", "hex:-1", "rot13:36", "hex:36:36", "HEX:36"} {
		_, err := ParseGenerator(s)
		require.Equal(t, CodeInvalid, ErrorCode(err), s)
	}
}

func TestToken_NeverPrints(t *testing.T) {
	token := NewToken("hunter2")
	text, err := json.Marshal(struct{ T Token }{token})
	require.NoError(t, err)
	for _, s := range []string{string(text), fmt.Sprint(token), fmt.Sprintf("%#v", token), fmt.Sprintf("%+v", struct{ T Token }{token}), fmt.Sprintf("%s|%v|%q", token, &token, token)} {
		require.NotContains(t, s, "hunter2")
	}
	require.Equal(t, "hunter2", token.Reveal())
}

func TestErrorCode(t *testing.T) {
	base := Errorf(CodeConflict, "job %s moved", "x").WithHint("Plan again")
	require.Equal(t, "job x moved. Plan again", base.Error())
	require.Equal(t, CodeConflict, ErrorCode(fmt.Errorf("apply: %w", base)))
	require.Equal(t, CodeInternal, ErrorCode(fmt.Errorf("other")))
	require.Equal(t, Code(""), ErrorCode(nil))
}
