package cli

import (
	"context"
	"fmt"
	"strings"

	hclv2 "github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

const validateHelp = `Usage: drover validate [options] PATH

  Checks a platform file, or every *.hcl file of a folder, and reports all of
  its problems at once. It needs no server. Warnings are no problems.

  With -json or -t it prints "valid", the platform's name and the diagnostics,
  each with severity, summary, detail and place, to standard output.

Options:

` + varHelp + "\n" + dataHelp + `
Exit codes:

  0  the file is valid
  1  it is not, or cannot be read
  2  the command line is wrong

Example:

  $ drover validate examples/platform.hcl
`

func validateCommand() Command {
	return Command{
		Name:     "validate",
		Synopsis: "Check a platform file",
		Help:     validateHelp,
		Args:     Args{Min: 1, Max: 1, Usage: "PATH"},
		Data:     true,
		Platform: true,
		Run:      validate,
	}
}

// validation is what "drover validate -json" prints.
type validation struct {
	Valid       bool         `json:"valid"`
	Platform    string       `json:"platform,omitempty"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

// diagnostic is one problem of a platform file.
type diagnostic struct {
	Severity string `json:"severity"` // "error" or "warning"
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	File     string `json:"file,omitempty"`
	// Line and Column count from 1, characters; 0 where the problem is in no
	// file.
	Line      int `json:"line,omitempty"`
	Column    int `json:"column,omitempty"`
	EndLine   int `json:"end_line,omitempty"`
	EndColumn int `json:"end_column,omitempty"`
}

func validate(_ context.Context, m *Meta) error {
	if !m.WantsData() {
		p, err := m.Platform(m.Args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Out, "%s is valid: %s\n", m.Args[0], describe(p))
		return err
	}
	file, diags, err := m.load(m.Args[0])
	if err != nil {
		return err
	}
	v := validation{Valid: !diags.HasErrors(), Platform: file.Platform.Name, Diagnostics: []diagnostic{}}
	for _, d := range diags {
		v.Diagnostics = append(v.Diagnostics, newDiagnostic(d))
	}
	if err := m.Format(v); err != nil {
		return err
	}
	if !v.Valid {
		return reported{}
	}
	return nil
}

func newDiagnostic(d *hclv2.Diagnostic) diagnostic {
	out := diagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hclv2.DiagWarning {
		out.Severity = "warning"
	}
	if at := d.Subject; at != nil {
		out.File = at.Filename
		out.Line, out.Column = at.Start.Line, at.Start.Column
		out.EndLine, out.EndColumn = at.End.Line, at.End.Column
	}
	return out
}

// describe says in words what a platform has.
func describe(p *services.Platform) string {
	parts := []string{}
	if p.Hub != nil {
		parts = append(parts, "a Hub")
	}
	for _, n := range []struct {
		count int
		noun  string
	}{
		{len(p.Apps), "App"}, {len(p.Users), "user"}, {len(p.Linkages), "linkage service"}, {len(p.Runners), "runner"},
	} {
		switch n.count {
		case 0:
		case 1:
			parts = append(parts, "1 "+n.noun)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n.count, n.noun))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("platform %q with nothing on it", p.Name)
	}
	return fmt.Sprintf("platform %q with %s", p.Name, strings.Join(parts, ", "))
}
