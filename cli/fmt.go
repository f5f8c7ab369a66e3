package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/services"
)

const fmtHelp = `Usage: drover fmt [options] PATH...

  Formats HCL: files as they are named, and the *.hcl files of folders. "-" is
  standard input, whose result goes to standard output. White space alone
  changes. A file that does not parse is reported and left as it is.

Options:

  -check
    Write nothing; list what is not formatted and exit with 1 if there is any.

  -list
    List the files that were not formatted. Defaults to true.

  -write
    Write the files that were not formatted. Defaults to true; -write=false
    prints what would be written to standard output.

  -recursive
    Go into the folders of folders. Those whose name starts with a dot are
    left out.

` + plainHelp + `
Exit codes:

  0  everything is formatted now
  1  something is not: with -check, or because it does not parse
  2  the command line is wrong

Example:

  $ drover fmt -check examples
`

func fmtCommand() Command {
	return Command{
		Name:     "fmt",
		Synopsis: "Format platform files",
		Help:     fmtHelp,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check"},
			&cli.BoolFlag{Name: "list", Value: true},
			&cli.BoolFlag{Name: "write", Value: true},
			&cli.BoolFlag{Name: "recursive"},
		},
		Args: Args{Min: 1, Max: -1, Usage: "PATH..."},
		Run:  format,
	}
}

// maxInput bounds a file that is formatted, in bytes.
const maxInput = 16 << 20

func format(_ context.Context, m *Meta) error {
	var files []string
	for _, arg := range m.Args {
		if arg == "-" {
			files = append(files, arg)
			continue
		}
		found, err := hclFiles(arg, m.Flags.Bool("recursive"))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	unformatted, broken := false, false
	for _, path := range files {
		changed, err := formatOne(m, path)
		if _, ok := errors.AsType[reported](err); ok {
			broken = true // it goes on: all problems at once
		} else if err != nil {
			return err
		}
		unformatted = unformatted || changed
	}
	if broken || unformatted && m.Flags.Bool("check") {
		return Exit(statusFailed)
	}
	return nil
}

// hclFiles returns the file, or the *.hcl files of the folder, at path, in
// lexical order.
func hclFiles(path string, recursive bool) ([]string, error) {
	var files []string
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			if at == path || strings.HasSuffix(at, ".hcl") {
				files = append(files, at)
			}
		case at != path && (!recursive || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		return nil, services.Errorf(services.CodeNotFound, "cannot read %s: %w", path, pathCause(err)).
			WithHint("Name a file or a folder with *.hcl files")
	}
	return files, nil
}

// formatOne formats one file and reports whether it was not formatted.
func formatOne(m *Meta, path string) (bool, error) {
	check, name := m.Flags.Bool("check"), path
	var src []byte
	var err error
	if path == "-" {
		name = "<stdin>"
		src, err = io.ReadAll(io.LimitReader(m.In, maxInput+1))
	} else {
		src, err = readFile(path)
	}
	if err != nil {
		return false, services.Errorf(services.CodeInvalid, "cannot read %s: %w", name, pathCause(err))
	}
	if len(src) > maxInput {
		return false, services.Errorf(services.CodeInvalid, "%s has more than %d MiB", name, maxInput>>20)
	}
	out, diags := hcl.Format(name, src)
	if diags.HasErrors() {
		file, _ := hcl.Parse(name, src, hcl.Options{}) // has the source for the snippets
		return false, errors.Join(m.writeDiagnostics(file, diags), reported{})
	}
	changed := !bytes.Equal(src, out)
	if (changed || path == "-") && !check && (path == "-" || !m.Flags.Bool("write")) {
		_, err := m.Out.Write(out)
		return changed, err
	}
	if changed && m.Flags.Bool("list") {
		if _, err := fmt.Fprintln(m.Out, name); err != nil {
			return changed, err
		}
	}
	if changed && !check {
		return changed, replaceFile(path, out)
	}
	return changed, nil
}

// readFile reads a file up to a byte more than is allowed.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return io.ReadAll(io.LimitReader(f, maxInput+1))
}
