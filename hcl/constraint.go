package hcl

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-platform/drover/services"
)

// constraintBlock says where a task may run: constraint { ... }.
type constraintBlock struct {
	Attribute *hcl.Attribute `hcl:"attribute,optional"`
	Operator  *hcl.Attribute `hcl:"operator,optional"`
	Value     *hcl.Attribute `hcl:"value,optional"`
	DefRange  hcl.Range      `hcl:",def_range"`
}

// operators are those of Nomad's constraints that compare one node attribute.
var operators = []string{"=", "!=", ">", ">=", "<", "<=", "regexp", "version", "semver", "set_contains", "set_contains_any", "is_set", "is_not_set"}

// operatorAliases are other spellings that Nomad takes.
var operatorAliases = map[string]string{"==": "=", "is": "=", "not": "!=", "set_contains_all": "set_contains"}

var nodeAttribute = regexp.MustCompile(`^(?:attr|meta|node)\.[A-Za-z0-9_.-]+$`)

func (c *converter) constraintList(blocks []*constraintBlock) []services.Constraint {
	var list []services.Constraint
	for _, b := range blocks {
		list = append(list, c.constraint(b))
	}
	return list
}

func (c *converter) constraint(b *constraintBlock) services.Constraint {
	con := services.Constraint{Operator: "="}
	if s, st := c.nodeAttribute(b); st == ok {
		con.Attribute = "${" + s + "}"
	}
	if s, st := c.text(b.Operator); st == ok {
		con.Operator = cmp.Or(operatorAliases[s], s)
		if !slices.Contains(operators, con.Operator) {
			c.errorAt(b.Operator.Expr.Range(), "Unknown operator", "%s is not an operator of a constraint.%s The operators are %s.", quote(s), didYouMean(s, operators), orList(operators))
		}
	}
	presence := con.Operator == "is_set" || con.Operator == "is_not_set"
	value, st := c.text(b.Value)
	con.Value = value
	switch {
	case st == absent && !presence:
		c.missing("value", "A constraint", b.DefRange, `value = "linux"`)
	case st != absent && presence:
		c.errorAt(b.Value.NameRange, "Conflicting arguments", "The operator %s compares with nothing. Leave value out.", con.Operator)
	case st == ok && con.Operator == "regexp":
		if _, err := regexp.Compile(value); err != nil {
			c.errorAt(b.Value.Expr.Range(), "Invalid regular expression", "%s is not a regular expression: %s.", quote(value), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
	}
	return con
}

// nodeAttribute reads the name of a node's attribute, with ${ } around it, as
// Nomad's job files have it, or without.
func (c *converter) nodeAttribute(b *constraintBlock) (string, state) {
	if b.Attribute == nil {
		c.missing("attribute", "A constraint", b.DefRange, `attribute = "${attr.kernel.name}"`)
		return "", absent
	}
	s, st := "", ok
	if wrapped, is := b.Attribute.Expr.(*hclsyntax.TemplateWrapExpr); is && c.isNomad(wrapped) {
		s = string(c.textOf(wrapped.Wrapped.Range()))
	} else {
		for _, t := range b.Attribute.Expr.Variables() {
			if !slices.Contains([]string{"var", "local"}, t.RootName()) {
				c.errorAt(t.SourceRange(), "Unknown name", "Nothing is called %s here. The attribute of a constraint is one of a node, such as \"${attr.kernel.name}\".", quote(t.RootName()))
				return "", faulty
			}
		}
		s, st = c.text(b.Attribute)
	}
	if st != ok {
		return "", st
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "${"), "}")
	if !nodeAttribute.MatchString(s) {
		c.errorAt(b.Attribute.Expr.Range(), "Invalid node attribute", "%s is not an attribute of a node: want attr, meta or node, a dot and a name, such as \"${attr.kernel.name}\", \"${meta.rack}\" or \"${node.class}\".", quote(s))
		return "", faulty
	}
	return s, ok
}

// isNomad reports whether "${ ... }" holds a name that Nomad resolves.
func (c *converter) isNomad(e *hclsyntax.TemplateWrapExpr) bool {
	t, is := e.Wrapped.(*hclsyntax.ScopeTraversalExpr)
	return is && slices.Contains([]string{"attr", "meta", "node"}, t.Traversal.RootName())
}

// textOf returns the text of a range of a file.
func (c *converter) textOf(r hcl.Range) []byte {
	if f := c.file.sources[r.Filename]; f != nil && r.CanSliceBytes(f.Bytes) {
		return r.SliceBytes(f.Bytes)
	}
	return nil
}
