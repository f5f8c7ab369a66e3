package config

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-platform/drover/services"
)

// file reads the path of a file that has to be readable. A relative one is
// relative to the folder of the configuration file.
func (d *decoder) file(to *string) reader {
	return func(a value) {
		if path, _, ok := d.content(a); ok {
			*to = path
		}
	}
}

// token reads a file that holds a token and nothing else.
func (d *decoder) token(to *services.Token) reader {
	return func(a value) {
		path, text, ok := d.content(a)
		if !ok {
			return
		}
		token, problem := cleanToken(text)
		if problem != "" {
			d.errorAt(a.Expr.Range(), "No token", "The file %q %s. Write the token into it and nothing else.", path, problem)
			return
		}
		*to = token
	}
}

func (d *decoder) content(a value) (path string, text []byte, ok bool) {
	path, ok = d.line(a)
	if !ok {
		d.spoil(a.path)
		return "", nil, false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(a.SrcRange.Filename), path)
	}
	text, err := d.opts.ReadFile(path)
	if err != nil {
		d.spoil(a.path)
		d.errorAt(a.Expr.Range(), "Unreadable file", "The argument %s names %q, which cannot be read: %s.", a.Name, path, reason(err))
		return "", nil, false
	}
	return path, text, true
}

// cleanToken returns the token in a file's text, or what is wrong with it.
func cleanToken(text []byte) (services.Token, string) {
	token := strings.TrimSpace(string(text))
	switch {
	case token == "":
		return services.Token{}, "is empty"
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return services.Token{}, "holds more than a token"
	}
	return services.NewToken(token), ""
}

// environment fills in what the files leave out of the servers, as the
// servers' own command lines would.
func (d *decoder) environment(c *Config) {
	d.fromEnvironment("nomad", &c.Nomad.Server, "NOMAD_ADDR", "NOMAD_TOKEN", "NOMAD_CACERT")
	d.fromEnvironment("consul", &c.Consul, "CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN", "CONSUL_CACERT")
	d.fromEnvironment("vault", &c.Vault, "VAULT_ADDR", "VAULT_TOKEN", "VAULT_CACERT")
	if region, found := d.opts.Env("NOMAD_REGION"); found && !d.has("nomad.region") {
		c.Nomad.Region = region
	}
}

func (d *decoder) fromEnvironment(block string, s *Server, address, token, cacert string) {
	if text, _ := d.opts.Env(address); text != "" && !d.has(block+".address") {
		if !strings.Contains(text, "://") { // as Consul's own may be
			text = "http://" + text
		}
		clean, problem := cleanURL(text)
		if problem != "" {
			d.nowhere("Invalid URL", "The environment variable "+address+" "+problem+".")
		} else {
			s.Address = clean
		}
	}
	if path, _ := d.opts.Env(cacert); path != "" && !d.has(block+".ca_cert") {
		s.CACert = path
	}
	if d.has(block + ".token_file") {
		return
	}
	if text, _ := d.opts.Env(token); text != "" {
		d.environmentToken(s, []byte(text), "The environment variable "+token)
		return
	}
	path, _ := d.opts.Env(token + "_FILE")
	if path == "" {
		return
	}
	text, err := d.opts.ReadFile(path)
	if err != nil {
		d.nowhere("Unreadable file", "The environment variable "+token+"_FILE names a file that cannot be read: "+reason(err)+".")
		return
	}
	d.environmentToken(s, text, "The file that the environment variable "+token+"_FILE names")
}

func (d *decoder) environmentToken(s *Server, text []byte, what string) {
	clean, problem := cleanToken(text)
	if problem != "" {
		d.nowhere("No token", what+" "+problem+".")
		return
	}
	s.Token = clean
}

// nowhere reports an error that is in no file.
func (d *decoder) nowhere(summary, detail string) {
	d.diags = append(d.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail})
}

func (d *decoder) has(path string) bool {
	_, found := d.given[path]
	return found
}

// mask returns the text with stars, byte for byte, in place of what an
// argument named like a secret is given, and of addresses with a password. It
// works on words, so that it also holds for a file that does not parse: a
// message shows the line it is about, and may end up in a log.
func mask(name string, text []byte) []byte {
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.Pos{Line: 1, Column: 1})
	masked := bytes.Clone(text)
	hidden, depth := false, 0 // a value goes on to the next line within brackets
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenIdent:
			next := i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenEqual
			if next && !hidden && secretName(string(t.Bytes)) {
				hidden, depth = true, 0
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			depth--
		case hclsyntax.TokenNewline:
			hidden = hidden && depth > 0
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			if hidden || bytes.Contains(t.Bytes, []byte("@")) && bytes.Contains(t.Bytes, []byte(":")) || bytes.Contains(t.Bytes, []byte("PRIVATE KEY")) {
				for j := t.Range.Start.Byte; j < min(t.Range.End.Byte, len(masked)); j++ {
					if masked[j] != '\n' {
						masked[j] = '*'
					}
				}
			}
		}
	}
	return masked
}

// secretName reports whether an argument's name says that its value is secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	if strings.HasSuffix(name, "_file") {
		return false
	}
	for _, word := range []string{"token", "secret", "password", "passwd", "key"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
