package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// decoder turns parsed files into a Config and collects what is wrong.
type decoder struct {
	opts   Options
	broken bool // part of the text did not parse
	// given is where each argument and block stands, by "block.argument".
	given map[string]hcl.Range
	wrong map[string]bool // of these, which have a problem of their own
	diags hcl.Diagnostics
}

// value is an argument in a file.
type value struct {
	path string // "nomad.address"
	*hclsyntax.Attribute
}

// reader takes an argument's value, and reports it when it is wrong.
type reader func(a value)

// errorAt reports an error. summary is two to five words, the detail full
// sentences: what is wrong and what is allowed.
func (d *decoder) errorAt(at hcl.Range, summary, format string, args ...any) {
	d.diags = append(d.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at.Ptr()})
}

// section reads a body. path is "" for the top and "nomad." in a block.
func (d *decoder) section(s section, body *hclsyntax.Body, path string) {
	for _, a := range inOrder(body.Attributes) {
		i := slices.IndexFunc(s.arguments, func(known argument) bool { return known.name == a.Name })
		switch {
		case i < 0:
			d.unknown(s, a.Name, a.NameRange, "argument")
		case s.arguments[i].refuse != "":
			d.errorAt(a.NameRange, "Literal token", "%s", s.arguments[i].refuse)
		case d.first(path+a.Name, a.NameRange, "argument"):
			s.arguments[i].read(value{path + a.Name, a})
		}
	}
	for _, b := range body.Blocks {
		i := slices.IndexFunc(s.blocks, func(known section) bool { return known.name == b.Type })
		switch {
		case i < 0:
			d.unknown(s, b.Type, b.TypeRange, "block")
			continue
		case len(b.Labels) > 0:
			d.errorAt(b.LabelRanges[0], "Name not expected", "%s has no name: write %s { ... }.", s.blocks[i].title(), b.Type)
		case !d.first(path+b.Type, b.DefRange(), "block"):
			continue
		}
		if s.blocks[i].begin != nil {
			s.blocks[i].begin()
		}
		d.section(s.blocks[i], b.Body, path+b.Type+".")
	}
}

// first reports whether a thing is new, and reports it if it is not.
func (d *decoder) first(path string, at hcl.Range, kind string) bool {
	if other, found := d.given[path]; found {
		name := path[strings.LastIndex(path, ".")+1:]
		d.errorAt(at, "Duplicate "+kind, "The %s %s is already given at %s. Give it once.", kind, name, other)
		return false
	}
	d.given[path] = at
	return true
}

// unknown reports a name that the section does not have.
func (d *decoder) unknown(s section, name string, at hcl.Range, kind string) {
	arguments, blocks := s.names()
	switch {
	case kind == "argument" && slices.Contains(blocks, name):
		d.errorAt(at, "Block expected", "%s takes %s as a block: write %s { ... } without the equals sign.", s.title(), name, name)
		return
	case kind == "block" && slices.Contains(arguments, name):
		d.errorAt(at, "Argument expected", "%s takes %s as an argument: write %s = ... with an equals sign.", s.title(), name, name)
		return
	}
	allowed := fmt.Sprintf("Its arguments are %s.", andList(arguments))
	if len(blocks) > 0 {
		allowed += fmt.Sprintf(" Its blocks are %s.", andList(blocks))
	}
	d.errorAt(at, "Unknown "+kind, "%s has no %s %q.%s %s", s.title(), kind, name, didYouMean(name, slices.Concat(arguments, blocks)), allowed)
}

// names lists what the section has, sorted.
func (s section) names() (arguments, blocks []string) {
	for _, a := range s.arguments {
		if a.refuse == "" {
			arguments = append(arguments, a.name)
		}
	}
	for _, b := range s.blocks {
		blocks = append(blocks, b.name)
	}
	slices.Sort(arguments)
	slices.Sort(blocks)
	return arguments, blocks
}

// title is the section at the beginning of a sentence.
func (s section) title() string {
	if s.name == "" {
		return "The configuration"
	}
	return "The " + s.name + " block"
}

// inOrder sorts arguments by where they stand.
func inOrder(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(attributes), func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
}

// didYouMean returns a sentence with the name that was probably meant, with a
// space before it, or "".
func didYouMean(given string, names []string) string {
	best, least := "", min((len(given)+1)/2, 3)+1
	for _, name := range names {
		if n := levenshtein.Distance(strings.ToLower(given), name, nil); n < least {
			best, least = name, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// andList writes names as "a, b and c".
func andList(names []string) string { return joined(names, " and ") }

// orList writes names as `"a", "b" or "c"`.
func orList(names []string) string {
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	return joined(quoted, " or ")
}

func joined(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	n := len(names) - 1
	return strings.Join(names[:n], ", ") + last + names[n]
}
