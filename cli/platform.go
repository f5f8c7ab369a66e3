package cli

import (
	"strings"

	hclv2 "github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/services"
)

// varHelp is the part of a command's help about [Command.Platform].
const varHelp = `  -var=<name>=<value>
    Value of a variable that the platform file declares. Can be repeated.
`

// Platform loads a platform file or folder. Warnings and errors go to
// standard error; after errors, the error says nothing more and ends the
// program.
func (m *Meta) Platform(path string) (*services.Platform, error) {
	file, err := m.source(path)
	if err != nil {
		return nil, err
	}
	return &file.Platform, nil
}

// load loads a platform file with the command's variables.
func (m *Meta) load(path string) (*hcl.File, hclv2.Diagnostics, error) {
	vars := map[string]string{}
	for _, v := range m.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, nil, m.Usagef("-var is %q; write -var name=value", v)
		}
		vars[name] = value
	}
	file, diags := hcl.Load(path, hcl.Options{Env: m.Env, Vars: vars})
	return file, diags, nil
}

// writeDiagnostics writes diagnostics to standard error, wrapped where
// somebody reads them.
func (m *Meta) writeDiagnostics(file *hcl.File, diags hclv2.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	width := 0
	if m.ErrTerminal {
		width = m.Width
	}
	return file.WriteDiagnostics(m.Err, diags, uint(max(0, width)), m.ErrColor)
}
