package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/drover-platform/drover/services"
)

// dataHelp is the part of a command's help about [Command.Data].
const dataHelp = `  -json
    Print JSON.

  -t=<template>
    Print through a Go template. Fields are named as in Go, such as .ID.

  -no-color
    No colors.
`

// plainHelp is the part of a command's help that every command has.
const plainHelp = `  -no-color
    No colors.
`

// WantsData reports whether -json or -t was given: the command then prints
// its value by [Meta.Format] and nothing else on standard output.
func (m *Meta) WantsData() bool { return m.JSON || m.Template != "" }

// Format prints value to standard output: as JSON, indented by four spaces,
// with -json; through the Go template of -t otherwise. Both see the same
// value, so field names of the template are those of the Go type.
func (m *Meta) Format(value any) error {
	if m.Template == "" {
		return writeJSON(m.Out, value)
	}
	t, err := parseTemplate(m.Template)
	if err != nil {
		return m.templateError(err)
	}
	var text strings.Builder
	if err := t.Execute(&text, value); err != nil {
		return m.templateError(err)
	}
	_, err = fmt.Fprintln(m.Out, text.String())
	return err
}

// checkTemplate finds a template's mistakes before the command does anything.
func (m *Meta) checkTemplate() error {
	if m.Template == "" {
		return nil
	}
	if _, err := parseTemplate(m.Template); err != nil {
		return m.Usagef("-t is not a Go template: %s", templateText(err))
	}
	return nil
}

func parseTemplate(text string) (*template.Template, error) {
	return template.New("-t").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(value any) (string, error) {
			b, err := json.Marshal(value)
			return string(b), err
		},
	}).Parse(text)
}

func (m *Meta) templateError(err error) error {
	return services.Errorf(services.CodeInvalid, "the template of -t does not fit the data: %s", templateText(err)).
		WithHint("Use -json to see what there is; fields are named as in Go, such as .ID")
}

// templateText is a template's error without the package's prefix.
func templateText(err error) string { return strings.TrimPrefix(err.Error(), "template: ") }

// writeJSON writes indented JSON, with <, > and & as they are.
func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "    ")
	if err := out.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// Table prints rows in aligned columns with a header. A row has as many
// values as the header; "" prints as "-".
func Table(w io.Writer, header []string, rows [][]string) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cell == "" {
				cell = "-"
			}
			cells[i] = strings.NewReplacer("\t", " ", "\n", " ").Replace(printable(cell))
		}
		if _, err := fmt.Fprintln(out, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return out.Flush()
}
