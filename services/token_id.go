package services

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Sizes of an API token's random parts, in bytes.
const (
	TokenIDBytes     = 10
	TokenSecretBytes = 32
)

// APIToken is a token of Drover's own API: "drover_<id>_<secret>". The ID is
// public and finds the token's record; the secret proves who has it. Only a
// hash of the secret is kept anywhere.
//
// Both parts are in base32, in lower case and without padding, so that a token
// survives every shell, and a double click selects all of it.
type APIToken struct {
	ID     string
	secret string
}

const apiTokenPrefix = "drover"

// NewAPIToken makes a token of random bytes, [TokenIDBytes] for the ID and
// [TokenSecretBytes] for the secret. It panics when there are too few or too
// many, which is a mistake of the caller.
func NewAPIToken(id, secret []byte) APIToken {
	if len(id) != TokenIDBytes || len(secret) != TokenSecretBytes {
		panic("services: wrong number of random bytes for an API token")
	}
	return APIToken{ID: base32Lower.EncodeToString(id), secret: base32Lower.EncodeToString(secret)}
}

// ParseAPIToken reads what [APIToken.Reveal] returned. The error is
// CodeUnauthorized and never contains the text.
func ParseAPIToken(s string) (APIToken, error) {
	prefix, rest, _ := strings.Cut(s, "_")
	id, secret, _ := strings.Cut(rest, "_")
	if prefix != apiTokenPrefix || !ValidTokenID(id) || !isBase32(secret, TokenSecretBytes) {
		return APIToken{}, Errorf(CodeUnauthorized, "this is not an API token: want drover_<id>_<secret>").
			WithHint("Use a token as \"drover token create\" printed it")
	}
	return APIToken{ID: id, secret: secret}, nil
}

// ValidTokenID reports whether s can be the ID of a token.
func ValidTokenID(s string) bool { return isBase32(s, TokenIDBytes) }

// isBase32 reports whether s is the one way to write n bytes.
func isBase32(s string, n int) bool {
	b, err := base32Lower.DecodeString(s)
	return err == nil && len(b) == n && base32Lower.EncodeToString(b) == s
}

// Hash returns what is kept of the token's secret: its SHA-256, in
// hexadecimal. The secret is 32 random bytes, so that nothing slower is needed
// to keep it from being guessed.
func (t APIToken) Hash() string {
	sum := sha256.Sum256([]byte(t.secret))
	return hex.EncodeToString(sum[:])
}

// Verify reports whether hash is that of the token's secret, in a time that
// does not depend on where they differ.
func (t APIToken) Verify(hash string) bool {
	return t.secret != "" && subtle.ConstantTimeCompare([]byte(t.Hash()), []byte(hash)) == 1
}

// Reveal returns the token as its user presents it. It is shown once, to who
// made it.
func (t APIToken) Reveal() string { return apiTokenPrefix + "_" + t.ID + "_" + t.secret }

// String returns the token without its secret.
func (t APIToken) String() string { return apiTokenPrefix + "_" + t.ID + "_" + Redacted }

// GoString returns the token without its secret, for %#v.
func (t APIToken) GoString() string { return t.String() }

// MarshalText writes the token without its secret.
func (t APIToken) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
