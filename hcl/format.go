package hcl

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns src in the one layout that "drover fmt" knows: HCL's own
// spacing, and exactly one line break at the end. It changes white space
// alone, and formatting twice is formatting once. Text that does not parse is
// returned as it is, with the diagnostics; their Filename is name.
//
// A file is formatted if Format returns it unchanged, which is what
// "drover fmt -check" asks.
func Format(name string, src []byte) ([]byte, hcl.Diagnostics) {
	if problem := checkShape(source{name: name, text: src}.tokens()); problem != nil {
		return src, hcl.Diagnostics{problem}
	}
	if _, diags := hclsyntax.ParseConfig(src, name, start); diags.HasErrors() {
		return src, finish(diags)
	}
	out := hclwrite.Format(src)
	if out = bytes.TrimRight(out, " \t\r\n"); len(out) > 0 {
		out = append(out, '\n')
	}
	return out, nil
}
