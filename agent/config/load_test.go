package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/config"
)

// The sample says that every argument is shown with its default.
func TestSample_IsTheDefaults(t *testing.T) {
	f, diags := config.Load("drover.hcl", config.Options{})
	require.Empty(t, diags)
	require.Equal(t, config.Default(), f.Config)
}

// Every argument of the reference is in the sample, where a comment may hold
// it.
func TestSample_ShowsEveryArgument(t *testing.T) {
	reference, err := os.ReadFile("REFERENCE.md")
	require.NoError(t, err)
	sample, err := os.ReadFile("drover.hcl")
	require.NoError(t, err)
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(reference), -1)
	require.Greater(t, len(rows), 20)
	for _, row := range rows {
		require.Regexp(t, `(?m)^[ #]*`+row[1]+` +[={]`, string(sample))
	}
}

func TestLoad_EmptyFolderIsTheDefaults(t *testing.T) {
	f, diags := config.Load(t.TempDir(), config.Options{})
	require.Empty(t, diags)
	require.Equal(t, config.Default(), f.Config)
}

func TestLoad_UnreadablePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	_, diags := config.Load(path, config.Options{})
	require.Len(t, diags, 1)
	require.Equal(t, `The configuration "`+path+`" cannot be read: no such file or directory.`, diags[0].Detail)
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("# comment\n", 10_000)), 0o600))
	_, diags = config.Load(path, config.Options{})
	require.Len(t, diags, 1)
	require.Equal(t, `The configuration "`+path+`" cannot be read: it is larger than 64 KiB.`, diags[0].Detail)
}

// certificate writes a certificate and its key.
func certificate(t *testing.T, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

func TestLoad_TLS(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	certificate(t, in("cert.pem"), in("key.pem"))
	certificate(t, in("other.pem"), in("other-key.pem"))
	load := func(text string) (*config.File, []string) {
		f, diags := config.Parse(in("in.hcl"), []byte(text), config.Options{})
		var details []string
		for _, d := range diags {
			details = append(details, d.Summary+": "+d.Detail)
		}
		return f, details
	}
	f, details := load(`
listen = "0.0.0.0:4747"
advertise = "drover.example:4747"
tls {
  cert_file = "cert.pem"
  key_file  = "key.pem"
}`)
	require.Empty(t, details)
	require.Equal(t, &config.TLS{CertFile: in("cert.pem"), KeyFile: in("key.pem")}, f.Config.TLS, "relative to the file's folder")
	require.Equal(t, "drover.example:4747", f.Config.Advertise)

	_, details = load(`tls {
  cert_file = "cert.pem"
  key_file  = "other-key.pem"
}`)
	require.Equal(t, []string{`Unusable certificate: The files "` + in("cert.pem") + `" and "` + in("other-key.pem") + `" are not a certificate and its key: private key does not match public key.`}, details)
}

// Files come before the environment, the environment before the defaults.
func TestLoad_WhatCountsFirst(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(token, []byte("from-file\n"), 0o600))
	env := map[string]string{
		"NOMAD_ADDR": "https://nomad.example:4646/", "NOMAD_TOKEN": "from-environment", "NOMAD_REGION": "east", "NOMAD_CACERT": "/ca.pem",
		"CONSUL_HTTP_ADDR": "consul.example:8500", "CONSUL_HTTP_TOKEN_FILE": token,
		"VAULT_ADDR": "", "VAULT_TOKEN": " padded\n",
	}
	opts := config.Options{Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	f, diags := config.Parse("in.hcl", nil, opts)
	require.Empty(t, diags)
	c := f.Config
	require.Equal(t, "https://nomad.example:4646", c.Nomad.Address)
	require.Equal(t, "from-environment", c.Nomad.Token.Reveal())
	require.Equal(t, "east", c.Nomad.Region)
	require.Equal(t, "/ca.pem", c.Nomad.CACert)
	require.Equal(t, "http://consul.example:8500", c.Consul.Address)
	require.Equal(t, "from-file", c.Consul.Token.Reveal())
	require.Equal(t, config.DefaultVault, c.Vault.Address)
	require.Equal(t, "padded", c.Vault.Token.Reveal())

	f, diags = config.Parse(filepath.Join(dir, "in.hcl"), []byte(`
nomad {
  address    = "http://127.0.0.1:1"
  token_file = "token"
  region     = "west"
}
consul { address = "http://127.0.0.1:2" }
vault  { token_file = "${env("CREDENTIALS")}/token" }
`), config.Options{Env: func(name string) (string, bool) {
		if name == "CREDENTIALS" {
			return dir, true
		}
		return opts.Env(name)
	}})
	require.Empty(t, diags)
	c = f.Config
	require.Equal(t, []string{"http://127.0.0.1:1", "from-file", "west"}, []string{c.Nomad.Address, c.Nomad.Token.Reveal(), c.Nomad.Region})
	require.Equal(t, "http://127.0.0.1:2", c.Consul.Address)
	require.Equal(t, "from-file", c.Consul.Token.Reveal(), "the environment still gives what the block leaves out")
	require.Equal(t, "from-file", c.Vault.Token.Reveal())
}

func TestLoad_WrongEnvironment(t *testing.T) {
	for want, env := range map[string][2]string{
		`The environment variable NOMAD_ADDR takes an http or https URL, such as "http://127.0.0.1:4646", and "ftp://x" is none.`: {"NOMAD_ADDR", "ftp://x"},
		`The environment variable VAULT_ADDR has a user name or a password in it. Use a token instead.`:                           {"VAULT_ADDR", "http://a:hunter2@x"},
		`The environment variable CONSUL_HTTP_TOKEN holds more than a token.`:                                                     {"CONSUL_HTTP_TOKEN", "hunter2 hunter2"},
		`The environment variable NOMAD_TOKEN_FILE names a file that cannot be read: no luck.`:                                    {"NOMAD_TOKEN_FILE", "/x"},
		`The file that the environment variable VAULT_TOKEN_FILE names is empty.`:                                                 {"VAULT_TOKEN_FILE", "/empty"},
	} {
		_, diags := config.Parse("in.hcl", nil, config.Options{
			Env: func(name string) (string, bool) {
				if name != env[0] {
					return "", false
				}
				return env[1], true
			},
			ReadFile: func(path string) ([]byte, error) {
				if path == "/empty" {
					return nil, nil
				}
				return nil, errors.New("no luck")
			},
		})
		require.Len(t, diags, 1)
		require.Equal(t, want, diags[0].Detail)
	}
}

// A configuration never prints its tokens.
func TestConfig_HasNoTokenToPrint(t *testing.T) {
	var walk func(v reflect.Type, path string)
	walk = func(v reflect.Type, path string) {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || v.PkgPath() != reflect.TypeFor[config.Config]().PkgPath() {
			return
		}
		for f := range v.Fields() {
			if f.Name == "Token" {
				require.Equal(t, "services.Token", f.Type.String(), "%s.%s", path, f.Name)
			}
			require.False(t, slices.Contains([]string{"Secret", "Password"}, f.Name))
			walk(f.Type, path+"."+f.Name)
		}
	}
	walk(reflect.TypeFor[config.Config](), "Config")
}
