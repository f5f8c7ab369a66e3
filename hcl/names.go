package hcl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkNames reports the arguments and blocks of body that raw, a pointer to
// a raw struct, has no field for, and goes on into the blocks it knows. It
// says what the decoder's own messages leave out: everything that is allowed
// there.
func (c *converter) checkNames(b *hclsyntax.Body, raw any, where string) {
	schema, open := gohcl.ImpliedBodySchema(raw)
	if open {
		return // any argument is allowed: env, locals
	}
	var arguments, blocks []string
	for _, a := range schema.Attributes {
		arguments = append(arguments, a.Name)
	}
	for _, s := range schema.Blocks {
		blocks = append(blocks, s.Type)
	}

	for name, a := range b.Attributes {
		if slices.Contains(arguments, name) {
			continue
		}
		switch {
		case slices.Contains(blocks, name):
			c.misspelt = append(c.misspelt, misspelling{meant: name, block: b.Range()})
			c.errorAt(a.NameRange, "Block expected", "%s takes %s as a block: write %s { ... } without the equals sign.", where, name, name)
		default:
			meant := nearest(name, arguments)
			c.misspelt = append(c.misspelt, misspelling{meant: meant, block: b.Range()})
			hint := didYouMean(name, arguments)
			if hint == "" {
				hint = didYouMean(name, blocks)
			}
			c.errorAt(a.NameRange, "Unknown argument", "%s has no argument %q.%s %s", where, name, hint, allowed(arguments, blocks))
		}
	}
	for _, block := range b.Blocks {
		field := blockType(raw, block.Type)
		switch {
		case field != nil:
			c.checkLabels(block, schema)
			inner := article(block.Type)
			if _, top := raw.(*fileBlock); !top {
				inner += " in " + lowerFirst(where)
			}
			c.checkNames(block.Body, field, inner)
		case slices.Contains(arguments, block.Type):
			c.misspelt = append(c.misspelt, misspelling{meant: block.Type, block: b.Range()})
			c.errorAt(block.TypeRange, "Argument expected", "%s takes %s as an argument: write %s = ... with an equals sign.", where, block.Type, block.Type)
		default:
			meant := nearest(block.Type, blocks)
			c.misspelt = append(c.misspelt, misspelling{meant: meant, block: b.Range()})
			hint := didYouMean(block.Type, blocks)
			if hint == "" {
				hint = didYouMean(block.Type, arguments)
			}
			c.errorAt(block.TypeRange, "Unknown block", "%s has no block %q.%s %s", where, block.Type, hint, allowed(arguments, blocks))
		}
	}
}

// checkLabels reports a block with too few or too many labels. The decoder
// leaves such a block out, so that whatever refers to it seems to dangle.
func (c *converter) checkLabels(block *hclsyntax.Block, schema *hcl.BodySchema) {
	i := slices.IndexFunc(schema.Blocks, func(s hcl.BlockHeaderSchema) bool { return s.Type == block.Type })
	want := schema.Blocks[i].LabelNames
	switch {
	case len(block.Labels) < len(want):
		c.errorAt(block.DefRange(), "Missing "+want[0], "%s needs a %s in quotes: %s %q { ... }.", article(block.Type), want[0], block.Type, strings.ToUpper(want[0]))
	case len(block.Labels) > len(want) && len(want) == 0:
		c.errorAt(block.LabelRanges[0], "Name not expected", "%s has no name: write %s { ... }.", article(block.Type), block.Type)
	case len(block.Labels) > len(want):
		c.errorAt(block.LabelRanges[len(want)], "Name not expected", "%s has one %s and nothing after it.", article(block.Type), want[0])
	default:
		return
	}
	c.broken = true
}

// misspelling remembers what an unknown name probably meant, so that the same
// mistake is not reported a second time as something missing.
type misspelling struct {
	meant string
	block hcl.Range // of the whole block it stands in
}

// meantIn reports whether an unknown name in the block at def probably is
// name.
func (c *converter) meantIn(def hcl.Range, name string) bool {
	if len(c.misspelt) > maxReported {
		return true
	}
	return slices.ContainsFunc(c.misspelt, func(m misspelling) bool {
		// A block's brace is on the line of its header.
		return m.meant == name && m.block.Filename == def.Filename && m.block.Start.Line == def.End.Line
	})
}

// blockType returns a pointer to a new raw struct for a block of that type in
// raw, or nil.
func blockType(raw any, name string) any {
	t := reflect.TypeOf(raw).Elem()
	for field := range t.Fields() {
		if field.Tag.Get("hcl") == name+",block" {
			return reflect.New(field.Type.Elem().Elem()).Interface() // []*T
		}
	}
	return nil
}

// allowed says which arguments and blocks there are.
func allowed(arguments, blocks []string) string {
	var sentences []string
	for _, kind := range []struct {
		one   string
		names []string
	}{{"argument", arguments}, {"block", blocks}} {
		switch len(kind.names) {
		case 0:
		case 1:
			sentences = append(sentences, fmt.Sprintf("Its only %s is %s.", kind.one, kind.names[0]))
		default:
			sentences = append(sentences, fmt.Sprintf("Its %ss are %s.", kind.one, andList(kind.names)))
		}
	}
	return strings.Join(sentences, " ")
}

// andList writes names as "a, b and c", sorted.
func andList(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	if len(sorted) < 2 {
		return strings.Join(sorted, "")
	}
	last := len(sorted) - 1
	return strings.Join(sorted[:last], ", ") + " and " + sorted[last]
}

func article(blockType string) string {
	if strings.ContainsAny(blockType[:1], "aeio") || blockType == "s3" {
		return "An " + blockType + " block"
	}
	return "A " + blockType + " block"
}
