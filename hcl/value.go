package hcl

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// state says what came of reading an argument.
type state int

const (
	absent state = iota // the file does not give it
	faulty              // it is given and wrong, and that is reported
	ok                  // it is given and right
)

// maxText is the longest string, in bytes. Linux allows 128 KiB for one
// environment variable.
const maxText = 64 << 10

// maxReported is how many mistakes of one sort are related to one another.
// Beyond it a file is not worth the time that this takes.
const maxReported = 1000

// value evaluates an argument. A nil attribute is absent.
func (c *converter) value(a *hcl.Attribute) (cty.Value, state) {
	if a == nil {
		return cty.NilVal, absent
	}
	return c.evaluateIn(c.context, a)
}

func (c *converter) evaluateIn(ctx *hcl.EvalContext, a *hcl.Attribute) (cty.Value, state) {
	at := a.Expr.Range()
	if len(c.refused) > maxReported {
		return cty.NilVal, faulty // enough to read; each is looked up below
	}
	for _, r := range c.refused {
		if r.Filename == at.Filename && r.Start.Byte >= at.Start.Byte && r.End.Byte <= at.End.Byte {
			return cty.NilVal, faulty
		}
	}
	v, diags := a.Expr.Value(ctx)
	c.diags = append(c.diags, diags...)
	switch {
	case diags.HasErrors() || !v.IsWhollyKnown():
		return cty.NilVal, faulty
	case v.IsNull():
		c.errorAt(at, "Null value", "The argument %s has no value. Leave it out instead, if that is meant.", a.Name)
		return cty.NilVal, faulty
	}
	return v, ok
}

// text reads a string of one line without control characters.
func (c *converter) text(a *hcl.Attribute) (string, state) {
	v, st := c.value(a)
	if st != ok {
		return "", st
	}
	if v.Type() != cty.String {
		c.errorAt(a.Expr.Range(), "Wrong type", "The argument %s takes a string in quotes, and this is %s.", a.Name, typeName(v))
		return "", faulty
	}
	if problem := badText(v.AsString(), false); problem != "" {
		c.errorAt(a.Expr.Range(), "Invalid string", "The argument %s %s.", a.Name, problem)
		return "", faulty
	}
	return v.AsString(), ok
}

// looseText reads a string as an environment variable or a command line may
// have it: numbers and booleans are written out, line breaks are allowed.
func (c *converter) looseText(what string, v cty.Value, at hcl.Range) (string, state) {
	s, err := convert.Convert(v, cty.String)
	switch {
	case err != nil || s.IsNull() || outOfRange(v):
		c.errorAt(at, "Wrong type", "%s takes a string, a number or a boolean, and this is %s.", what, typeName(v))
		return "", faulty
	}
	if problem := badText(s.AsString(), true); problem != "" {
		c.errorAt(at, "Invalid string", "%s %s.", what, problem)
		return "", faulty
	}
	return s.AsString(), ok
}

// whole reads a whole number between two bounds.
func (c *converter) whole(a *hcl.Attribute, least, most int64) (int, state) {
	v, st := c.value(a)
	if st != ok {
		return 0, st
	}
	at := a.Expr.Range()
	// A variable from the command line or the environment is a string.
	if v.Type() == cty.String {
		if n, err := strconv.ParseInt(v.AsString(), 10, 64); err == nil {
			v = cty.NumberIntVal(n)
		}
	}
	if v.Type() != cty.Number {
		c.errorAt(at, "Wrong type", "The argument %s takes a whole number from %d to %d, and this is %s.", a.Name, least, most, typeName(v))
		return 0, faulty
	}
	n, exact := v.AsBigFloat().Int64()
	if exact != big.Exact || n < least || n > most {
		c.errorAt(at, "Number out of range", "The argument %s takes a whole number from %d to %d, and this is %s.", a.Name, least, most, v.AsBigFloat().Text('g', 20))
		return 0, faulty
	}
	return int(n), ok
}

// flag reads true or false.
func (c *converter) flag(a *hcl.Attribute) (bool, state) {
	v, st := c.value(a)
	if st != ok {
		return false, st
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil || b.IsNull() {
		c.errorAt(a.Expr.Range(), "Wrong type", "The argument %s takes true or false, and this is %s.", a.Name, typeName(v))
		return false, faulty
	}
	return b.True(), ok
}

// list reads a list of strings, which may be empty.
func (c *converter) list(a *hcl.Attribute) ([]string, state) {
	v, st := c.value(a)
	if st != ok {
		return nil, st
	}
	at := a.Expr.Range()
	if t := v.Type(); !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		c.errorAt(at, "Wrong type", "The argument %s takes a list of strings in brackets, and this is %s.", a.Name, typeName(v))
		return nil, faulty
	}
	var list []string
	for i, element := range v.Elements() {
		s, est := c.looseText(fmt.Sprintf("Element %s of %s", i.AsBigFloat().Text('f', 0), a.Name), element, at)
		if est != ok {
			st = est
			continue
		}
		list = append(list, s)
	}
	return list, st
}

// dictionary reads an object of strings.
func (c *converter) dictionary(a *hcl.Attribute) (map[string]string, state) {
	v, st := c.value(a)
	if st != ok {
		return nil, st
	}
	at := a.Expr.Range()
	if t := v.Type(); !t.IsObjectType() && !t.IsMapType() {
		c.errorAt(at, "Wrong type", "The argument %s takes names and strings in braces, and this is %s.", a.Name, typeName(v))
		return nil, faulty
	}
	entries := map[string]string{}
	for key, element := range v.Elements() {
		s, est := c.looseText(fmt.Sprintf("Entry %s of %s", quote(key.AsString()), a.Name), element, at)
		if est != ok {
			st = est
			continue
		}
		entries[key.AsString()] = s
	}
	return entries, st
}

// required reads a string that must be there.
func (c *converter) required(a *hcl.Attribute, name, what string, def hcl.Range, example string) (string, state) {
	s, st := c.text(a)
	if st == absent {
		c.missing(name, what, def, example)
		return "", faulty
	}
	return s, st
}

// missing reports an argument that must be there and is not.
func (c *converter) missing(name, what string, def hcl.Range, example string) {
	if c.meantIn(def, name) {
		return
	}
	c.absentAt(def, "Missing argument", "%s needs the argument %s, such as %s.", what, name, example)
}

// badText returns what is wrong with a string, or "".
func badText(s string, multiline bool) string {
	if len(s) > maxText {
		return fmt.Sprintf("is %d bytes long, and %d are allowed", len(s), maxText)
	}
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for _, r := range s {
		if multiline && (r == '\n' || r == '\t') {
			continue
		}
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return fmt.Sprintf("contains the control character %U, which is not allowed", r)
		}
	}
	return ""
}

// typeName names a value's type in the words of the manual.
func typeName(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "a boolean"
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return "a list"
	default:
		return "an object"
	}
}

// quote writes a string as the file would, shortened so that a message stays
// readable.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strconv.Quote(s)
}

// outOfRange reports whether a number is too large, or too near to zero, to
// write out: the digits of 1e999999 take long and fill the memory.
func outOfRange(v cty.Value) bool {
	if v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
		return false
	}
	f := v.AsBigFloat()
	e := f.MantExp(nil)
	return f.IsInf() || e > 64 || e < -256
}
