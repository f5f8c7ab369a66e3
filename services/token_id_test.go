package services

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func token(id, secret byte) APIToken {
	return NewAPIToken(bytes.Repeat([]byte{id}, TokenIDBytes), bytes.Repeat([]byte{secret}, TokenSecretBytes))
}

func TestAPIToken_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytesOf := func(n int, name string) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name) }
		made := NewAPIToken(bytesOf(TokenIDBytes, "id"), bytesOf(TokenSecretBytes, "secret"))
		read, err := ParseAPIToken(made.Reveal())
		require.NoError(t, err)
		require.Equal(t, made, read)
		require.True(t, read.Verify(made.Hash()))
		require.True(t, ValidTokenID(made.ID))
		// Any other character anywhere is another token, or none.
		text := []byte(made.Reveal())
		i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz234567ABZ01_= \n")).Draw(t, "character")
		if text[i] == c {
			return
		}
		text[i] = c
		other, err := ParseAPIToken(string(text))
		require.True(t, err != nil || other.ID != made.ID || !other.Verify(made.Hash()), "%s", text)
	})
}

func TestAPIToken_NeverPrintsItsSecret(t *testing.T) {
	made := token(1, 2)
	_, secret, _ := strings.Cut(strings.TrimPrefix(made.Reveal(), "drover_"), "_")
	text, err := json.Marshal(map[string]any{"token": made})
	require.NoError(t, err)
	for _, printed := range []string{made.String(), fmt.Sprintf("%v %+v %#v %s", made, made, made, &made), string(text)} {
		require.NotContains(t, printed, secret)
		require.Contains(t, printed, made.ID)
	}
	require.NotContains(t, made.Hash(), secret)
	require.Len(t, made.Hash(), 64)
}

func TestAPIToken_VerifiesItsOwnHashAlone(t *testing.T) {
	made := token(1, 2)
	require.True(t, made.Verify(token(9, 2).Hash()), "the hash is the secret's")
	for _, hash := range []string{"", token(1, 3).Hash(), made.Hash()[1:], strings.ToUpper(made.Hash()) + " "} {
		require.False(t, made.Verify(hash), "%q", hash)
	}
	var none APIToken
	require.False(t, none.Verify(none.Hash()), "the zero token is nobody's")
}

func TestParseAPIToken_Refuses(t *testing.T) {
	good := token(1, 2).Reveal()
	for name, text := range map[string]string{
		"nothing":        "",
		"a prefix alone": "drover_",
		"another prefix": strings.Replace(good, "drover_", "nomad_", 1),
		"no secret":      good[:strings.LastIndex(good, "_")],
		"a short secret": good[:len(good)-1],
		"a long secret":  good + "a",
		"a third part":   good + "_x",
		"upper case":     strings.ToUpper(good),
		"a line break":   good + "\n",
		// The last character holds bits that no byte has: the same bytes
		// would have several spellings.
		"another spelling": good[:len(good)-1] + "b",
	} {
		_, err := ParseAPIToken(text)
		require.Equal(t, CodeUnauthorized, ErrorCode(err), name)
		require.EqualError(t, err, "this is not an API token: want drover_<id>_<secret>. Use a token as \"drover token create\" printed it", name)
	}
	require.False(t, ValidTokenID("../../x"))
	require.Panics(t, func() { NewAPIToken(nil, nil) })
}

func FuzzParseAPIToken(f *testing.F) {
	f.Add(token(1, 2).Reveal())
	f.Add("drover__")
	f.Fuzz(func(t *testing.T, text string) {
		if made, err := ParseAPIToken(text); err == nil {
			require.Equal(t, text, made.Reveal())
			require.True(t, ValidTokenID(made.ID))
		}
	})
}
