package hcl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// absence marks a diagnostic about something that is not there. Such a
// diagnostic may be wrong when part of the file could not be parsed.
type absence struct{}

// errorAt reports an error. summary is two to five words, the detail full
// sentences: what is wrong and what is allowed.
func (c *converter) errorAt(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  at.Ptr(),
	})
}

// absentAt is errorAt for something that the file lacks. It is dropped when a
// syntax error may have hidden the thing.
func (c *converter) absentAt(at hcl.Range, summary, format string, args ...any) {
	if c.broken {
		return
	}
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  at.Ptr(),
		Extra:    absence{},
	})
}

// warnAt reports what is allowed and probably not meant.
func (c *converter) warnAt(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  at.Ptr(),
	})
}

// keep adds what the decoder found. Unknown names and wrong labels are left
// out, because checkNames reports them with everything that is allowed.
func (c *converter) keep(diags hcl.Diagnostics) {
	for _, d := range diags {
		switch {
		case d.Summary == "Unsupported argument", d.Summary == "Unsupported block type":
		case strings.HasPrefix(d.Summary, "Missing ") && strings.Contains(d.Detail, " labels ("):
		case strings.HasPrefix(d.Summary, "Extraneous label for "):
		default:
			c.diags = append(c.diags, d)
		}
	}
}

// finish sorts diagnostics by position and drops repetitions, which arise
// when several Apps are made of one profile. Values of variables are not
// shown beside the source: they may be secret.
func finish(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		ra, rb := subject(a), subject(b)
		return cmp.Or(
			cmp.Compare(ra.Filename, rb.Filename),
			cmp.Compare(ra.Start.Byte, rb.Start.Byte),
			cmp.Compare(ra.End.Byte, rb.End.Byte),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Summary, b.Summary),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
	return atMost(maxDiagnostics, slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return subject(a) == subject(b) && a.Summary == b.Summary && a.Detail == b.Detail
	}))
}

// maxDiagnostics is how many problems are shown. What is no platform file at
// all has one for every byte, each with its whole line.
const maxDiagnostics = 100

// atMost cuts sorted diagnostics off, warnings first, and says how many are
// left out.
func atMost(n int, diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) <= n {
		return diags
	}
	shown := slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagError })
	if len(shown) == 0 {
		shown = slices.Clone(diags)
	}
	shown = shown[:min(n, len(shown))]
	last := *shown[len(shown)-1]
	return append(shown, &hcl.Diagnostic{
		Severity: last.Severity,
		Summary:  "More problems",
		Detail:   fmt.Sprintf("There are %d more problems, which are shown when some of these are solved.", len(diags)-len(shown)),
		Subject:  last.Subject,
	})
}

func subject(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

// orList writes names as `"a", "b" or "c"`.
func orList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// declared says which names there are to refer to.
func declared(kind string, names []string) string {
	if len(names) == 0 {
		return "The file declares no " + kind + "."
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return "Declared: " + andList(quoted) + "."
}

// spaced writes an argument's name as words.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
