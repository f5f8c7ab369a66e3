package hcl

import (
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-platform/drover/services"
)

// Options are what a platform file may see of the world outside of it.
type Options struct {
	// Env looks up an environment variable for the function env. nil is an
	// empty environment.
	Env func(string) (string, bool)
	// ReadFile reads a file for the function file. nil reads from disk in
	// [Load] and makes the function an error in [Parse].
	ReadFile func(string) ([]byte, error)
	// Vars gives values to variable blocks, as -var name=value does. A value
	// is converted to the type of the variable's default.
	Vars map[string]string
}

// File is a loaded platform file or folder.
type File struct {
	// Platform is complete and valid if loading returned no error
	// diagnostic. Otherwise it holds what could be understood.
	Platform services.Platform

	variables []Variable
	demands   []demand
	sources   map[string]*hcl.File // for snippets; secret literals are masked
}

// fileBlock is the top level of a platform file.
type fileBlock struct {
	Variables     []*variableBlock    `hcl:"variable,block"`
	Locals        []*localsBlock      `hcl:"locals,block"`
	Platforms     []*platformBlock    `hcl:"platform,block"`
	VolumeClasses []*volumeClassBlock `hcl:"volume_class,block"`
	Hubs          []*hubBlock         `hcl:"hub,block"`
	Apps          []*appBlock         `hcl:"app,block"`
	Users         []*userBlock        `hcl:"user,block"`
	Linkages      []*linkageBlock     `hcl:"linkage,block"`
	Runners       []*runnerBlock      `hcl:"runner,block"`
}

// Load reads a platform file, or every *.hcl file of a folder (not of the
// folders in it) in lexical order as if they were one file.
//
// All problems are reported at once, sorted by position. The File is never
// nil, so that [File.WriteDiagnostics] can show the source lines of whatever
// was read. Every diagnostic has a Subject, but for those about what is in no
// file: a path that cannot be read and a -var that nothing declares.
func Load(path string, opts Options) (*File, hcl.Diagnostics) {
	sources, dir, diags := readSources(path)
	if diags.HasErrors() {
		return &File{}, diags
	}
	if opts.ReadFile == nil {
		opts.ReadFile = readLimited
	}
	return load(sources, dir, opts)
}

// Parse is [Load] for a file's content. name is what diagnostics call it, and
// paths given to the function file are relative to name's folder.
func Parse(name string, src []byte, opts Options) (*File, hcl.Diagnostics) {
	return load([]source{{name: name, text: src}}, folderOf(name), opts)
}

// load takes the text through parse, decode, convert and validate. Each step
// goes on after errors, so that one run shows them all.
func load(sources []source, dir string, opts Options) (*File, hcl.Diagnostics) {
	f := &File{sources: map[string]*hcl.File{}}
	var diags hcl.Diagnostics
	var files []*hcl.File

	parser := hclparse.NewParser()
	for _, s := range sources {
		tokens := s.tokens()
		f.sources[s.name] = &hcl.File{Bytes: maskSecrets(s.text, tokens)}
		if problem := checkShape(tokens); problem != nil {
			diags = append(diags, problem)
			continue
		}
		parsed, parseDiags := parser.ParseHCL(s.text, s.name)
		diags = append(diags, parseDiags...)
		if parsed == nil || parsed.Body == nil {
			continue
		}
		files = append(files, parsed)
		f.sources[s.name].Nav = parsed.Nav
	}

	c := &converter{file: f, opts: opts, dir: dir, broken: diags.HasErrors()}
	for _, parsed := range files {
		if body, native := parsed.Body.(*hclsyntax.Body); native {
			c.bodies = append(c.bodies, body)
			c.checkNames(body, &fileBlock{}, "A platform file")
			c.checkExpressions(body)
		}
	}
	var raw fileBlock
	c.keep(gohcl.DecodeBody(hcl.MergeFiles(files), nil, &raw))
	c.evaluate(&raw)
	c.platform(&raw, startOf(sources))

	return f, finish(append(diags, c.diags...))
}

// startOf is the place for problems with what a file does not contain.
func startOf(sources []source) hcl.Range {
	start := hcl.Pos{Line: 1, Column: 1}
	return hcl.Range{Filename: sources[0].name, Start: start, End: start}
}

// WriteDiagnostics writes diagnostics with the source lines they are about.
// width wraps the text, 0 does not; color adds terminal escapes. Literals that
// look like secrets are masked in the source lines.
func (f *File) WriteDiagnostics(w io.Writer, diags hcl.Diagnostics, width uint, color bool) error {
	return hcl.NewDiagnosticTextWriter(w, f.sources, width, color).WriteDiagnostics(diags)
}

// Variables returns the variables that the file declares, sorted by name.
func (f *File) Variables() []Variable { return f.variables }
