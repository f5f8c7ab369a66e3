package hcl

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// checkExpressions reports what the language leaves out of HCL's expressions:
// loops, splats, functions other than env and file, and numbers that no
// argument takes but that would take very long to write out.
func (c *converter) checkExpressions(b *hclsyntax.Body) {
	_ = hclsyntax.VisitAll(b, func(node hclsyntax.Node) hcl.Diagnostics {
		switch e := node.(type) {
		case *hclsyntax.ForExpr:
			c.refuse(e.Range(), "Loops not supported", "The language has no for expressions. Write the blocks or values out.")
		case *hclsyntax.SplatExpr:
			c.refuse(e.Range(), "Loops not supported", "The language has no splat expressions. Write the values out.")
		case *hclsyntax.FunctionCallExpr:
			if names := []string{"env", "file"}; !slices.Contains(names, e.Name) {
				c.refuse(e.Range(), "Unknown function", "There is no function %s.%s The functions are env(\"NAME\"), an environment variable, and file(\"PATH\"), a file's content.", quote(e.Name), didYouMean(e.Name, names))
			}
		case *hclsyntax.LiteralValueExpr:
			if outOfRange(e.Val) {
				c.refuse(e.Range(), "Number out of range", "This number has more than 64 bits, or is too near to zero.")
			}
		}
		return nil
	})
}

// refuse reports an expression and makes sure that nothing evaluates it.
func (c *converter) refuse(at hcl.Range, summary, format string, args ...any) {
	c.refused = append(c.refused, at)
	c.errorAt(at, summary, format, args...)
}

// checkBodyReferences checks the arguments of a body and of the blocks in it.
// Variables and locals check their own; the attribute of a constraint is a
// name of Nomad's.
func (c *converter) checkBodyReferences(b *hclsyntax.Body, block string, variables, locals []string) {
	for _, a := range b.Attributes {
		if block != "constraint" || a.Name != "attribute" {
			c.checkReferences(a.Expr, variables, locals)
		}
	}
	for _, child := range b.Blocks {
		if block != "" || child.Type != "variable" && child.Type != "locals" {
			c.checkBodyReferences(child.Body, child.Type, variables, locals)
		}
	}
}

// checkReferences reports names that an expression uses and nothing declares.
func (c *converter) checkReferences(expr hcl.Expression, variables, locals []string) bool {
	good := true
	for _, t := range expr.Variables() {
		root, at := t.RootName(), t.SourceRange()
		var names []string
		what := ""
		switch root {
		case "var":
			names, what = variables, "variable"
		case "local":
			names, what = locals, "local"
		default:
			hint := ""
			if strings.HasPrefix(root, "NOMAD_") || slices.Contains([]string{"attr", "meta", "node", "device"}, root) {
				hint = " To leave ${...} to Nomad, write $${...}."
			}
			c.refuse(at, "Unknown name", "Nothing is called %s here. A value is var.NAME of a variable block, local.NAME of a locals block, env(\"NAME\"), file(\"PATH\") or a literal; a string goes in quotes.%s", quote(root), hint)
			good = false
			continue
		}
		name, named := member(t)
		switch {
		case !named:
			c.refuse(at, "Unknown name", "Name the %s after %s, as in %s.NAME.", what, root, root)
			good = false
		case !slices.Contains(names, name):
			c.refuse(at, "Undeclared "+what, "There is no %s %s.%s", what, quote(name), didYouMean(name, names))
			good = false
		}
	}
	return good
}

// member returns NAME of var.NAME or local.NAME.
func member(t hcl.Traversal) (string, bool) {
	if len(t) < 2 {
		return "", false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), true
		}
	}
	return "", false
}
