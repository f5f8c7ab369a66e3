package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Options are what a configuration may see of the world outside of it.
type Options struct {
	// Env looks up an environment variable. nil is an empty environment.
	Env func(string) (string, bool)
	// ReadFile reads tokens and certificates. nil reads from disk.
	ReadFile func(string) ([]byte, error)
}

// File is a loaded configuration.
type File struct {
	// Config is complete and valid if loading returned no error diagnostic.
	Config Config

	sources map[string]*hcl.File // for snippets, without secrets
}

// maxSource is the size of a configuration file, in bytes.
const maxSource = 64 << 10

// Load reads a file, or every *.hcl file of a folder (not of the folders in
// it, and none whose name starts with a dot) in lexical order. A folder
// without any is the defaults.
//
// The File is never nil, so that [File.WriteDiagnostics] can show the source
// lines of whatever was read.
func Load(path string, opts Options) (*File, hcl.Diagnostics) {
	names, err := sourceNames(path)
	if err != nil {
		return &File{}, unreadable(path, err)
	}
	texts := map[string][]byte{}
	for _, name := range names {
		text, err := readUpTo(name, maxSource)
		if err != nil {
			return &File{}, unreadable(name, err)
		}
		texts[name] = text
	}
	return parse(names, texts, opts)
}

// Parse is [Load] for a file's content. name is what diagnostics call it, and
// relative paths in it are relative to name's folder.
func Parse(name string, text []byte, opts Options) (*File, hcl.Diagnostics) {
	if len(text) > maxSource {
		return &File{}, unreadable(name, tooLarge(maxSource))
	}
	return parse([]string{name}, map[string][]byte{name: text}, opts)
}

func parse(names []string, texts map[string][]byte, opts Options) (*File, hcl.Diagnostics) {
	if opts.Env == nil {
		opts.Env = func(string) (string, bool) { return "", false }
	}
	if opts.ReadFile == nil {
		opts.ReadFile = func(path string) ([]byte, error) { return readUpTo(path, maxSource) }
	}
	f := &File{Config: Default(), sources: map[string]*hcl.File{}}
	d := &decoder{opts: opts, given: map[string]hcl.Range{}}
	parser := hclparse.NewParser()
	top := d.schema(&f.Config)
	var bodies []*hclsyntax.Body
	for _, name := range names {
		f.sources[name] = &hcl.File{Bytes: mask(name, texts[name])}
		parsed, diags := parser.ParseHCL(texts[name], name)
		d.diags = append(d.diags, diags...)
		d.broken = d.broken || diags.HasErrors()
		if parsed == nil {
			continue
		}
		f.sources[name].Nav = parsed.Nav
		if body, ok := parsed.Body.(*hclsyntax.Body); ok {
			bodies = append(bodies, body)
		}
	}
	for _, body := range bodies {
		d.section(top, body, "")
	}
	d.environment(&f.Config)
	d.check(&f.Config)
	return f, finish(d.diags)
}

// WriteDiagnostics writes diagnostics with the source lines they are about.
// width wraps the text, 0 does not; color adds terminal escapes. Secrets are
// masked in the source lines.
func (f *File) WriteDiagnostics(w io.Writer, diags hcl.Diagnostics, width uint, color bool) error {
	return hcl.NewDiagnosticTextWriter(w, f.sources, width, color).WriteDiagnostics(diags)
}

// sourceNames lists the files at path.
func sourceNames(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path) // sorted by name
	var names []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".hcl" && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	return names, err
}

func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, tooLarge(limit)
	}
	return text, nil
}

func tooLarge(limit int64) error { return fmt.Errorf("it is larger than %d KiB", limit>>10) }

// reason is an I/O error without the path that its message repeats.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return err.Error()
}

func unreadable(path string, err error) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Unreadable configuration",
		Detail:   fmt.Sprintf("The configuration %q cannot be read: %s.", path, reason(err)),
	}}
}

// finish sorts diagnostics by position. Values are not shown beside the
// source: they may come from the environment.
func finish(diags hcl.Diagnostics) hcl.Diagnostics {
	place := func(d *hcl.Diagnostic) hcl.Range {
		if d.Subject == nil {
			return hcl.Range{}
		}
		return *d.Subject
	}
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		x, y := place(a), place(b)
		return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Start.Byte, y.Start.Byte), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	return diags
}
