package e2e

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file's lines, at most.
const (
	maxLines     = 400
	maxTestLines = 1000
)

// clock is what of the package time a pure package may not call: it gets the
// time as an argument.
var clock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// sourceFile is one parsed Go file.
type sourceFile struct {
	path string // from the module's root
	pkg  string // import path without the module's
	test bool
	text []byte
	tree *ast.File
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	for _, p := range packages(t) {
		paths, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			tree, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			short, err := filepath.Rel(root(t), path)
			require.NoError(t, err)
			files = append(files, sourceFile{short, p.name(), strings.HasSuffix(path, "_test.go"), text, tree})
		}
	}
	return files
}

func TestSource_OnePackageComment(t *testing.T) {
	places := map[string][]string{}
	for _, f := range sourceFiles(t) {
		if f.test {
			require.Nilf(t, f.tree.Doc, "%s: a package comment in a test", f.path)
			continue
		}
		if _, seen := places[f.pkg]; !seen {
			places[f.pkg] = nil
		}
		if f.tree.Doc != nil {
			places[f.pkg] = append(places[f.pkg], f.path)
			start := "Package " + f.tree.Name.Name + " "
			if f.tree.Name.Name == "main" {
				start = "Command " + filepath.Base(f.pkg) + " "
			}
			require.Truef(t, strings.HasPrefix(f.tree.Doc.Text(), start), "%s: the package comment does not start with %q", f.path, start)
		}
	}
	for pkg, at := range places {
		require.Lenf(t, at, 1, "package %s has not one package comment", pkg)
	}
}

func TestSource_ExportedHasComment(t *testing.T) {
	var bare []string
	for _, f := range sourceFiles(t) {
		if f.test {
			continue
		}
		for _, name := range uncommented(f.tree) {
			bare = append(bare, f.path+": "+name)
		}
	}
	require.Empty(t, bare, "exported and without a comment")
}

// uncommented returns the exported names of a file that have no comment. A
// comment on a group counts for all of it.
func uncommented(file *ast.File) []string {
	var names []string
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
						names = append(names, s.Name.Name)
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
							names = append(names, n.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func TestSource_FilesAreShort(t *testing.T) {
	for _, f := range sourceFiles(t) {
		limit := maxLines
		if f.test {
			limit = maxTestLines
		}
		require.LessOrEqualf(t, bytes.Count(f.text, []byte("\n")), limit, "%s is too long: one noun or one verb a file", f.path)
	}
}

func TestSource_PureKnowsNoClock(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.test || !rowOf(f.pkg).pure {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					require.NotContainsf(t, clock, s.Sel.Name, "%s calls time.%s: take the time as an argument", f.path, s.Sel.Name)
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" {
					require.NotContainsf(t, []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, s.Sel.Name, "%s reads the environment", f.path)
				}
			}
			return true
		})
	}
}

func TestSource_Licence(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "LICENSE"))
	require.NoError(t, err)
	require.Contains(t, string(text), "Apache License\n                           Version 2.0, January 2004")
	require.Contains(t, string(text), "END OF TERMS AND CONDITIONS")
}
