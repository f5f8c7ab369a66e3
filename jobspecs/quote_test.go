package jobspecs

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// FuzzQuoted looks for a string that does not evaluate to itself once it is
// quoted or made a heredoc, alone and followed by more.
func FuzzQuoted(f *testing.F) {
	for _, s := range []string{
		"", "a", "$", "${", "$${", "$$${", "$$$${x}", "%{", "%%{", "%%%{", "$%{", "%${", `"`, `\`, `\"`, `\${`, "\n", "\r", "\t", "\x00", "\x7f", "\u0085",
		"\u2028", "\U0001F434", "\ufffd", "\xff", "a\nb\n", "a\n${x}\n", "a\n$${x}\n", "a\nEOT\n", "a\n  EOT  \n", "\n\n", "\n \n", " a\n  b\n", "\"\n", "a\\\nb\n",
		"${a}\n%{b}\n", "a\r\nb\r\n", "a\u0301\n\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s := norm.NFC.String(strings.ToValidUTF8(raw, "\ufffd"))
		require.Equal(t, s, evaluate(t, appendQuoted(nil, s)))
		evaluate(t, appendQuoted(nil, raw)) // is one string, whatever it says
		require.Equal(t, s, evaluate(t, appendString(nil, s)))
		if fitsHeredoc(s) {
			require.Equal(t, s, evaluate(t, append(appendHeredoc(nil, s), '\n')))
		}
		if !isReference(s) {
			require.Equal(t, s, evaluate(t, appendReference(nil, s)))
		}
	})
}

// evaluate parses the expression between two attributes, wants one literal
// string and returns it.
func evaluate(t *testing.T, expression []byte) string {
	src := "before = 1\nvalue = " + string(expression) + "\nafter = 2\n"
	file, diags := hclsyntax.ParseConfig([]byte(src), "x.hcl", hcl.InitialPos)
	require.False(t, diags.HasErrors(), "%s\n%q", diags, src)
	body := file.Body.(*hclsyntax.Body)
	require.Len(t, body.Attributes, 3)
	require.Empty(t, body.Blocks)
	value, diags := body.Attributes["value"].Expr.Value(nil)
	if diags.HasErrors() && len(body.Attributes["value"].Expr.Variables()) == 1 {
		return string(expression[1 : len(expression)-1]) // one of Drover's own references
	}
	require.False(t, diags.HasErrors(), "%s\n%q", diags, src)
	require.Empty(t, body.Attributes["value"].Expr.Variables())
	return value.AsString()
}

func TestIsReference(t *testing.T) {
	for s, want := range map[string]bool{
		"${attr.kernel.name}":               true,
		"${attr.unique.network.ip-address}": true,
		"${node.unique.id}":                 true,
		"${meta.zone}":                      true,
		"${device.attr.memory}":             true,
		"":                                  false,
		"${}":                               false,
		"${attr}":                           false,
		"${attr.}":                          false,
		"${attr..x}":                        false,
		"${attr.1}":                         false,
		"${attr.-x}":                        false,
		"${var.x}":                          false,
		"${attr.x}${attr.y}":                false,
		"${attr.x} ":                        false,
		"$${attr.x}":                        false,
		"attr.x":                            false,
		"${attr.x":                          false,
		"${attr.x\n}":                       false,
		`${attr["x"]}`:                      false,
		"${attr.x}}":                        false,
		"${NOMAD_ADDR_http}":                false,
		"${attr.x} == ${attr.y}\"\n}\njob \"x\" {": false,
	} {
		require.Equal(t, want, isReference(s), "%q", s)
	}
}

func TestDurationText(t *testing.T) {
	for want, text := range map[string]string{
		"0s": "0s", "5s": "5s", "1m30s": "1m30s", "5m": "5m0s", "1h": "1h0m0s", "1h5m": "1h5m0s", "96h": "96h0m0s", "1h0m1s": "1h0m1s", "100ms": "100ms", "10m": "10m0s",
	} {
		d := parseDuration(t, text)
		require.Equal(t, want, durationText(d))
		require.Equal(t, d, parseDuration(t, durationText(d)))
	}
}

func parseDuration(t *testing.T, s string) time.Duration {
	d, err := time.ParseDuration(s)
	require.NoError(t, err)
	return d
}
