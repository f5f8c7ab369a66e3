package hcl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-platform/drover/services"
)

// converter turns raw blocks into nouns and collects what is wrong with them.
// It lives as long as one load.
type converter struct {
	file   *File
	opts   Options
	dir    string // what the function file is relative to
	broken bool   // part of the text did not parse

	bodies   []*hclsyntax.Body
	context  *hcl.EvalContext
	refused  []hcl.Range // expressions that checkExpressions reported
	misspelt []misspelling
	diags    hcl.Diagnostics

	identity string                 // the platform's
	classes  map[string]volumeClass // by label
	hubs     map[string]services.JobID
	profiles map[string]*profile
	taken    map[services.ID]taken
}

// taken is where an ID was first used.
type taken struct {
	by string
	at hcl.Range
}

// name checks a block's label.
func (c *converter) name(what, label string, at hcl.Range) bool {
	if services.ValidName(label) {
		return true
	}
	c.errorAt(at, "Invalid name", "The %s name %s is not allowed: %s.", what, quote(label), services.NameRule)
	return false
}

// identify returns what IDs of a block derive from: its id, or else its label.
func (c *converter) identify(what, label string, at hcl.Range, id *hcl.Attribute) string {
	c.name(what, label, at)
	given, st := c.text(id)
	switch {
	case st == absent:
		return label
	case st == ok && !services.ValidName(given):
		c.errorAt(id.Expr.Range(), "Invalid identity", "The id %s is not allowed: it is the label that the block had first, and %s.", quote(given), services.NameRule)
	}
	return given
}

// claim makes sure that nothing else has the ID.
func (c *converter) claim(id services.ID, by string, at hcl.Range) bool {
	if other, found := c.taken[id]; found {
		c.errorAt(at, "Identity taken", "%s has the same identity as %s at %s, so both would share one job and one volume. Give one of them another id; keep the id of the one whose data must stay.", by, lowerFirst(other.by), other.at)
		return false
	}
	c.taken[id] = taken{by: by, at: at}
	return true
}

// labels finds labels that occur twice among blocks of one type.
type labels struct {
	c    *converter
	kind string
	seen map[string]hcl.Range
}

func (c *converter) labels(kind string) labels {
	return labels{c: c, kind: kind, seen: map[string]hcl.Range{}}
}

// first reports whether the label is new, and reports the block if it is not.
func (l labels) first(label string, def hcl.Range) bool {
	if other, found := l.seen[label]; found {
		l.c.errorAt(def, "Duplicate "+l.kind, "The %s %s is already declared at %s. Every %s needs a name of its own.", l.kind, quote(label), other, l.kind)
		return false
	}
	l.seen[label] = def
	return true
}

// placed is a raw block that knows where it is.
type placed interface{ place() hcl.Range }

// single returns the only block of a type that may occur once, or nil, and
// reports the others.
func single[B placed](c *converter, kind string, blocks []B) B {
	var none B
	if len(blocks) == 0 {
		return none
	}
	for _, b := range blocks[1:] {
		c.errorAt(b.place(), "Duplicate "+kind+" block", "Only one %s block is allowed here, and there is one at %s.", kind, blocks[0].place())
	}
	return blocks[0]
}
