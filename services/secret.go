package services

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Redacted is what a secret prints as, whatever prints it.
const Redacted = "<redacted>"

// Secret is one environment variable of a task whose value lives in Vault
// alone. Exactly one of Generate and VaultPath is set.
type Secret struct {
	// Env is the environment variable that the task reads.
	Env string `json:"env"`
	// Generate says how Drover makes the value once, when it does not exist
	// yet. The zero value means that the value is not Drover's to make.
	Generate Generator `json:"generate,omitzero"`
	// VaultPath is the API path of an existing secret, such as
	// "secret/data/team/hub" or "aws/creds/hub".
	VaultPath string `json:"vault_path,omitempty"`
	// VaultKey is the field of that secret that holds the value.
	VaultKey string `json:"vault_key,omitempty"`
}

// Generated reports whether Drover makes the value.
func (s Secret) Generated() bool { return s.Generate != Generator{} }

// Generator says how a secret value is made: Bytes random bytes in an
// encoding.
type Generator struct {
	Encoding string `json:"encoding"` // "hex" or "base64"
	Bytes    int    `json:"bytes"`    // 16 to 1024
}

// ParseGenerator reads "hex:36": 36 random bytes in hexadecimal, as
// "openssl rand -hex 36" prints them. The encodings are hex and base64, the
// bytes 16 to 1024.
func ParseGenerator(s string) (Generator, error) {
	encoding, size, ok := strings.Cut(s, ":")
	n, err := strconv.Atoi(size)
	if !ok || err != nil || (encoding != "hex" && encoding != "base64") || n < 16 || n > 1024 {
		return Generator{}, Errorf(CodeInvalid, "%q is not a way to generate a secret: want \"hex:N\" or \"base64:N\" with N random bytes, 16 to 1024, such as \"hex:36\"", s)
	}
	return Generator{Encoding: encoding, Bytes: n}, nil
}

// String returns the generator as [ParseGenerator] reads it.
func (g Generator) String() string {
	if g == (Generator{}) {
		return ""
	}
	return g.Encoding + ":" + strconv.Itoa(g.Bytes)
}

// Token is a secret value on its way between Vault and its one user. It
// prints and marshals as [Redacted]; Reveal is the only way to its value.
type Token struct{ value string }

// NewToken wraps a secret value.
func NewToken(value string) Token { return Token{value} }

// Reveal returns the value.
func (t Token) Reveal() string { return t.value }

// Empty reports whether there is no value.
func (t Token) Empty() bool { return t.value == "" }

// String returns [Redacted].
func (t Token) String() string { return Redacted }

// GoString returns [Redacted], for %#v.
func (t Token) GoString() string { return Redacted }

// MarshalJSON writes [Redacted].
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// S3 gives a Hub or an App access to a bucket with credentials that Vault
// issues. The task sees AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
// and AWS_CUSTOMER_BUCKET.
type S3 struct {
	VaultPath string `json:"vault_path"` // such as "aws/creds/hub"
	Bucket    string `json:"bucket"`
	Region    string `json:"region,omitempty"`
}
