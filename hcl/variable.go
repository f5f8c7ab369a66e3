package hcl

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// maxLocals bounds how far one local can lead to the next.
const maxLocals = 1000

// Variable is what a platform file lets its caller choose.
type Variable struct {
	Name        string
	Description string
	Required    bool // it has no default
}

// variableBlock declares an input: variable "NAME" { ... }.
type variableBlock struct {
	Name        string         `hcl:"name,label"`
	Default     *hcl.Attribute `hcl:"default,optional"`
	Description *hcl.Attribute `hcl:"description,optional"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// localsBlock names values: locals { NAME = ... }.
type localsBlock struct {
	Values   hcl.Attributes `hcl:",remain"`
	DefRange hcl.Range      `hcl:",def_range"`
}

// evaluate gives every variable and local its value and makes the context that
// all other arguments are evaluated in.
func (c *converter) evaluate(raw *fileBlock) {
	functions := c.functions()
	outer := &hcl.EvalContext{Functions: functions}

	variables := map[string]cty.Value{}
	seen := c.labels("variable")
	for _, b := range raw.Variables {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		if !hclsyntax.ValidIdentifier(b.Name) {
			c.errorAt(b.NameRange, "Invalid name", "The variable name %s is not an identifier: letters, digits, dashes and underscores, not starting with a digit.", quote(b.Name))
		}
		variables[b.Name] = c.variable(b, outer)
	}
	for _, name := range slices.Sorted(maps.Keys(c.opts.Vars)) {
		if _, declared := variables[name]; !declared && !c.broken {
			c.diags = append(c.diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Undeclared variable",
				Detail:   fmt.Sprintf("The command line sets the variable %s, which no variable block declares.%s", quote(name), didYouMean(name, slices.Collect(maps.Keys(variables)))),
			})
		}
	}
	slices.SortFunc(c.file.variables, func(a, b Variable) int { return cmp.Compare(a.Name, b.Name) })

	names := slices.Collect(maps.Keys(variables))
	locals := c.locals(raw, variables, functions)
	for _, body := range c.bodies {
		c.checkBodyReferences(body, "", names, slices.Collect(maps.Keys(locals)))
	}
	c.context = scope(variables, locals, functions)
}

func (c *converter) variable(b *variableBlock, outer *hcl.EvalContext) cty.Value {
	c.context = outer
	description, _ := c.text(b.Description)
	c.file.variables = append(c.file.variables, Variable{Name: b.Name, Description: description, Required: b.Default == nil})

	standard, st := cty.NilVal, absent
	if b.Default != nil {
		if !c.checkReferencesFree(b.Default) {
			return cty.DynamicVal
		}
		standard, st = c.evaluateIn(outer, b.Default)
	}
	given, set := c.opts.Vars[b.Name]
	switch {
	case st == faulty:
		return cty.DynamicVal
	case !set && st == absent:
		c.errorAt(b.DefRange, "Variable not set", "The variable %s has no default. Give it a value with -var %s=VALUE, or write a default.", quote(b.Name), b.Name)
		return cty.DynamicVal
	case !set:
		return c.bounded(standard, b.Default.Expr.Range())
	}
	if problem := badText(given, true); problem != "" {
		c.errorAt(b.DefRange, "Invalid variable value", "The value that the command line gives to the variable %s %s.", quote(b.Name), problem)
		return cty.DynamicVal
	}
	if st == absent {
		return cty.StringVal(given)
	}
	// A number of many digits takes long to read and is never meant.
	v, err := cty.StringVal(given), error(nil)
	if want := standard.Type(); want.IsPrimitiveType() && (want != cty.Number || len(given) <= 32) {
		v, err = convert.Convert(v, want)
	} else {
		err = fmt.Errorf("not %s", typeName(standard))
	}
	if err != nil || outOfRange(v) {
		c.errorAt(b.DefRange, "Invalid variable value", "The command line gives the variable %s a value that is not %s, as its default is.", quote(b.Name), typeName(standard))
		return cty.DynamicVal
	}
	return v
}

// checkReferencesFree reports references in a variable's default, which is
// evaluated before there is anything to refer to.
func (c *converter) checkReferencesFree(a *hcl.Attribute) bool {
	for _, t := range a.Expr.Variables() {
		c.refuse(t.SourceRange(), "Reference not allowed", "A variable's default cannot refer to other values. Use a local for what is put together from variables.")
	}
	return len(a.Expr.Variables()) == 0
}

// locals evaluates locals in the order that they need one another.
func (c *converter) locals(raw *fileBlock, variables map[string]cty.Value, functions functionTable) map[string]cty.Value {
	attributes := map[string]*hcl.Attribute{}
	for _, b := range raw.Locals {
		for _, a := range inOrder(b.Values) {
			if other, found := attributes[a.Name]; found {
				c.errorAt(a.NameRange, "Duplicate local", "The local %s is already declared at %s. Every local needs a name of its own.", quote(a.Name), other.NameRange)
				continue
			}
			if len(attributes) == maxLocals {
				c.errorAt(a.NameRange, "Too many locals", "A platform has at most %d locals.", maxLocals)
				return nil
			}
			attributes[a.Name] = a
		}
	}
	names := slices.Sorted(maps.Keys(attributes))
	values := map[string]cty.Value{}
	var path []string
	var visit func(name string)
	visit = func(name string) {
		a := attributes[name]
		if i := slices.Index(path, name); i >= 0 {
			c.refuse(a.Expr.Range(), "Circular locals", "The local %s refers to itself: %s.", quote(name), strings.Join(append(slices.Clone(path[i:]), name), " -> "))
			values[name] = cty.DynamicVal
			return
		}
		if _, done := values[name]; done {
			return
		}
		path = append(path, name)
		defer func() { path = path[:len(path)-1] }()
		if !c.checkReferences(a.Expr, slices.Collect(maps.Keys(variables)), names) {
			values[name] = cty.DynamicVal
			return
		}
		for _, t := range a.Expr.Variables() {
			if other, _ := member(t); t.RootName() == "local" {
				visit(other)
			}
		}
		if _, circular := values[name]; circular {
			return
		}
		v, st := c.evaluateIn(scope(variables, values, functions), a)
		if st != ok {
			v = cty.DynamicVal
		} else {
			v = c.bounded(v, a.Expr.Range())
		}
		values[name] = v
	}
	for _, name := range names {
		visit(name)
	}
	return values
}

// bounded refuses values that grow without bound as one local builds on the
// next.
func (c *converter) bounded(v cty.Value, at hcl.Range) cty.Value {
	size, large := 0, false
	_ = cty.Walk(v, func(_ cty.Path, part cty.Value) (bool, error) {
		size++
		if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
			size += len(part.AsString())
		}
		large = large || part.IsKnown() && outOfRange(part)
		return size <= maxText, nil
	})
	if size > maxText || large {
		c.errorAt(at, "Value too large", "A variable or local holds at most %d bytes of text and numbers of 64 bits.", maxText)
		return cty.DynamicVal
	}
	return v
}

func scope(variables, locals map[string]cty.Value, functions functionTable) *hcl.EvalContext {
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{"var": object(variables), "local": object(locals)},
		Functions: functions,
	}
}

func object(values map[string]cty.Value) cty.Value {
	if len(values) == 0 {
		return cty.EmptyObjectVal
	}
	return cty.ObjectVal(values)
}

// inOrder returns attributes by position.
func inOrder(attributes hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attributes), func(a, b *hcl.Attribute) int {
		return cmp.Or(cmp.Compare(a.Range.Filename, b.Range.Filename), cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte))
	})
}
