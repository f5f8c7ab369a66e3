package jobspecs_test

import (
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
)

// document is rendered HCL, parsed by the HCL library.
type document struct {
	src  []byte
	body *hclsyntax.Body
	// interpolations are all strings that contain one, as they are written.
	interpolations []string
}

func parseDocument(t testing.TB, src []byte) *document {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(src, "job.nomad.hcl", hcl.InitialPos)
	require.False(t, diags.HasErrors(), "%s\n%s", diags, src)
	return &document{src: src, body: file.Body.(*hclsyntax.Body)}
}

// each calls the functions for every attribute and block, in the order of the
// text, with its place, such as "job/group/task".
func (d *document) each(body *hclsyntax.Body, at string, attr func(*hclsyntax.Attribute, string), block func(*hclsyntax.Block, string)) {
	var attrs []*hclsyntax.Attribute
	for _, a := range body.Attributes {
		attrs = append(attrs, a)
	}
	slices.SortFunc(attrs, func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
	for _, a := range attrs {
		attr(a, at+"/"+a.Name)
	}
	for _, b := range body.Blocks {
		block(b, at+"/"+b.Type)
		d.each(b.Body, at+"/"+b.Type, attr, block)
	}
}

// skeleton lists the blocks with their number of labels, and the attributes.
// The keys of an environment are left out: they are the author's.
func (d *document) skeleton() []string {
	var out []string
	const env = "/job/group/task/env"
	d.each(d.body, "", func(_ *hclsyntax.Attribute, at string) {
		if at == env {
			out = append(out, at)
		} else if len(at) < len(env) || at[:len(env)] != env {
			out = append(out, at+" =")
		}
	}, func(b *hclsyntax.Block, at string) {
		if at == env {
			out = append(out, at)
		} else {
			out = append(out, at+" {"+string(rune('0'+len(b.Labels)))+"}")
		}
	})
	slices.Sort(out)
	return out
}

// value is what the attribute or label at the place says: a string, a list or
// a map. Several at one place come as a list.
func (d *document) value(t testing.TB, place string) any {
	var found []any
	d.each(d.body, "", func(a *hclsyntax.Attribute, at string) {
		if at == place {
			found = append(found, d.evaluate(t, a.Expr))
		}
	}, func(b *hclsyntax.Block, at string) {
		if at+"#" == place {
			found = append(found, b.Labels[0])
		}
	})
	require.NotEmpty(t, found, "nothing at %s", place)
	if len(found) == 1 {
		return found[0]
	}
	return found
}

// evaluate is what Nomad reads an expression as: it leaves references that it
// does not know as the text they are.
func (d *document) evaluate(t testing.TB, e hclsyntax.Expression) any {
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		text := ""
		for _, part := range e.Parts {
			text += d.evaluate(t, part).(string)
		}
		return text
	case *hclsyntax.TemplateWrapExpr:
		return d.evaluate(t, e.Wrapped)
	case *hclsyntax.ScopeTraversalExpr:
		text := "${" + string(e.SrcRange.SliceBytes(d.src)) + "}"
		d.interpolations = append(d.interpolations, text)
		return text
	case *hclsyntax.LiteralValueExpr:
		if e.Val.Type() == cty.String {
			return e.Val.AsString()
		}
		return e.Val
	case *hclsyntax.TupleConsExpr:
		list := []any{}
		for _, item := range e.Exprs {
			list = append(list, d.evaluate(t, item))
		}
		return list
	case *hclsyntax.ObjectConsExpr:
		pairs := map[string]any{}
		for _, item := range e.Items {
			pairs[d.evaluate(t, item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped).(string)] = d.evaluate(t, item.ValueExpr)
		}
		return pairs
	default:
		require.Fail(t, "unexpected expression", "%T: %s", e, e.Range().SliceBytes(d.src))
		return nil
	}
}

// allInterpolations evaluates everything and returns what is interpolated.
func (d *document) allInterpolations(t testing.TB) []string {
	d.interpolations = nil
	d.each(d.body, "", func(a *hclsyntax.Attribute, _ string) { d.evaluate(t, a.Expr) }, func(*hclsyntax.Block, string) {})
	return d.interpolations
}
