package config

import (
	"fmt"
	"math/big"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/drover-platform/drover/services"
)

// evaluate gives an argument its value. The one function is env.
func (d *decoder) evaluate(a value, want string, kind cty.Type) (cty.Value, bool) {
	env := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			if v, found := d.opts.Env(name); found {
				return cty.StringVal(v), nil
			}
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "the environment variable %q is not set", name)
		},
	})
	v, diags := a.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"env": env}})
	d.diags = append(d.diags, diags...)
	switch {
	case diags.HasErrors() || !v.IsWhollyKnown():
		return v, false
	case v.IsNull():
		d.errorAt(a.Expr.Range(), "Null value", "The argument %s has no value. Leave it out instead, if that is meant.", a.Name)
		return v, false
	case v.Type() != kind:
		d.errorAt(a.Expr.Range(), "Wrong type", "The argument %s takes %s, and this is %s.", a.Name, want, typeName(v))
		return v, false
	}
	return v, true
}

// typeName names a value's type in the words of the manual.
func typeName(v cty.Value) string {
	switch t := v.Type(); {
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "a boolean"
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return "a list"
	}
	return "an object"
}

// line reads a string of one line that is not empty.
func (d *decoder) line(a value) (string, bool) {
	v, ok := d.evaluate(a, "a string in quotes", cty.String)
	if !ok {
		return "", false
	}
	text := v.AsString()
	switch {
	case text == "":
		d.errorAt(a.Expr.Range(), "Empty string", "The argument %s is empty. Leave it out instead, if that is meant.", a.Name)
	case strings.ContainsFunc(text, unicode.IsControl):
		d.errorAt(a.Expr.Range(), "Invalid string", "The argument %s contains a line break or another control character.", a.Name)
	default:
		return text, true
	}
	return "", false
}

func (d *decoder) text(to *string) reader {
	return func(a value) {
		if text, ok := d.line(a); ok {
			*to = text
		}
	}
}

func (d *decoder) boolean(to *bool) reader {
	return func(a value) {
		if v, ok := d.evaluate(a, "true or false", cty.Bool); ok {
			*to = v.True()
		}
	}
}

func (d *decoder) whole(to *int, least, most int64) reader {
	return func(a value) {
		v, ok := d.evaluate(a, fmt.Sprintf("a whole number from %d to %d", least, most), cty.Number)
		if !ok {
			return
		}
		n, exact := v.AsBigFloat().Int64()
		if exact != big.Exact || n < least || n > most {
			d.errorAt(a.Expr.Range(), "Number out of range", "The argument %s takes a whole number from %d to %d, and this is %s.", a.Name, least, most, v.AsBigFloat().Text('g', 20))
			return
		}
		*to = int(n)
	}
}

// word reads one of a few words.
func (d *decoder) word(to *string, words ...string) reader {
	return func(a value) {
		text, ok := d.line(a)
		if !ok {
			return
		}
		if !slices.Contains(words, text) {
			d.errorAt(a.Expr.Range(), "Unknown value", "The argument %s is %s, and %q is none of them.%s", a.Name, orList(words), shorten(text), didYouMean(text, words))
			return
		}
		*to = text
	}
}

func (d *decoder) duration(to *time.Duration, least, most time.Duration) reader {
	return func(a value) {
		text, ok := d.line(a)
		if !ok {
			return
		}
		n, err := time.ParseDuration(text)
		switch {
		case err != nil:
			d.errorAt(a.Expr.Range(), "Invalid duration", "The argument %s takes a duration with units h, m and s, such as \"90s\" or \"1h30m\", and %q is none.", a.Name, shorten(text))
		case n < least || n > most:
			d.errorAt(a.Expr.Range(), "Duration out of range", "The argument %s takes a duration from %s to %s, and this is %s.", a.Name, short(least), short(most), short(n))
		default:
			*to = n
		}
	}
}

// short writes a duration without the units that are 0.
func short(n time.Duration) string {
	text := n.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// hostPort reads "host:port". Only what is listened on may leave the host out
// or have port 0.
func (d *decoder) hostPort(to *string, listen bool) reader {
	return func(a value) {
		text, ok := d.line(a)
		if !ok {
			return
		}
		host, port, err := net.SplitHostPort(text)
		n, portErr := strconv.ParseUint(port, 10, 16)
		switch {
		case err != nil || portErr != nil || strings.ContainsAny(host, "/@ %"):
			d.errorAt(a.Expr.Range(), "Invalid address", "The argument %s takes a host and a port, such as %q, and %q is none.", a.Name, DefaultListen, shorten(redactUser(text)))
		case !listen && (unspecified(host) || n == 0):
			d.errorAt(a.Expr.Range(), "Invalid address", "The argument %s is the address that others use, so it needs a host and a port of its own, and %q has none.", a.Name, text)
		default:
			*to = text
			return
		}
		d.spoil(a.path)
	}
}

// url reads the address of a server.
func (d *decoder) url(to *string) reader {
	return func(a value) {
		text, ok := d.line(a)
		if !ok {
			return
		}
		clean, problem := cleanURL(text)
		if problem != "" {
			d.errorAt(a.Expr.Range(), "Invalid URL", "The argument %s %s.", a.Name, problem)
			return
		}
		*to = clean
	}
}

// cleanURL returns a server's URL without a slash at the end, or what is wrong
// with it.
func cleanURL(text string) (clean, problem string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Sprintf("takes an http or https URL, such as %q, and %q is none", DefaultNomad, shorten(redactUser(text)))
	case u.User != nil:
		return "", "has a user name or a password in it. Use a token instead"
	}
	return strings.TrimRight(u.String(), "/"), ""
}

// redactUser hides what may be a password in an address.
func redactUser(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return services.Redacted + text[at:]
	}
	return text
}

// folder reads an absolute path.
func (d *decoder) folder(to *string) reader {
	return func(a value) {
		text, ok := d.line(a)
		if !ok {
			return
		}
		if !filepath.IsAbs(text) {
			d.errorAt(a.Expr.Range(), "Relative path", "The argument %s takes an absolute path, such as %q, and %q is none.", a.Name, DefaultDataDir, shorten(text))
			return
		}
		*to = filepath.Clean(text)
	}
}

// spoil notes that an argument has a problem, so that nothing more is said of
// what it leads to.
func (d *decoder) spoil(path string) {
	if d.wrong == nil {
		d.wrong = map[string]bool{}
	}
	d.wrong[path] = true
}

// shorten keeps messages readable.
func shorten(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
