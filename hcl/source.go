package hcl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits on what is read. A platform of 10,000 users fits.
const (
	maxSource   = 4 << 20 // bytes of a platform file
	maxIncluded = 256 << 10
	maxLine     = 128 << 10 // bytes of a line; a diagnostic shows all of it
	maxDepth    = 64        // nested brackets
	maxChain    = 200       // operators in a row: what the parser recurses on
)

// source is the text of one file and the name that diagnostics give it.
type source struct {
	name string
	text []byte
}

// start is the position of a file's first byte.
var start = hcl.Pos{Line: 1, Column: 1}

// tokens splits a file into words. What is wrong with them is the parser's to
// say.
func (s source) tokens() hclsyntax.Tokens {
	tokens, _ := hclsyntax.LexConfig(s.text, s.name, start)
	return tokens
}

func folderOf(name string) string { return filepath.Dir(name) }

// readSources reads a file or the *.hcl files of a folder, and says which
// folder that is.
func readSources(path string) ([]source, string, hcl.Diagnostics) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", unreadable(path, err)
	}
	dir, names := folderOf(path), []string{path}
	if info.IsDir() {
		dir, names = path, nil
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, "", unreadable(path, err)
		}
		for _, e := range entries { // ReadDir sorts by name
			// A leading dot is an editor's lock or backup file.
			if !e.IsDir() && filepath.Ext(e.Name()) == ".hcl" && !strings.HasPrefix(e.Name(), ".") {
				names = append(names, filepath.Join(path, e.Name()))
			}
		}
		if len(names) == 0 {
			return nil, "", hcl.Diagnostics{{
				Severity: hcl.DiagError,
				Summary:  "No platform file",
				Detail:   fmt.Sprintf("The folder %q has no file that ends in .hcl.", path),
			}}
		}
	}
	sources := make([]source, 0, len(names))
	for _, name := range names {
		text, err := readUpTo(name, maxSource)
		if err != nil {
			return nil, "", unreadable(name, err)
		}
		sources = append(sources, source{name: name, text: text})
	}
	return sources, dir, nil
}

func unreadable(path string, err error) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Unreadable platform file",
		Detail:   fmt.Sprintf("The platform file or folder %q cannot be read: %s.", path, reason(err)),
	}}
}

// reason is an I/O error without the path that its message repeats.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return err.Error()
}

func readLimited(path string) ([]byte, error) { return readUpTo(path, maxIncluded) }

func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("it is larger than %d KiB", limit>>10)
	}
	return text, nil
}

// level is an open bracket while [checkShape] counts.
type level struct {
	chain     int  // operators since the last separator
	multiline bool // a line break ends an expression here
}

// checkShape refuses text that the parser or the evaluator would recurse on
// without bound: a stack overflow cannot be recovered from. It needs the
// tokens alone.
func checkShape(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	levels := []level{{multiline: true}}
	lineStart := 0
	for _, t := range tokens {
		if bytes.IndexByte(t.Bytes, '\n') >= 0 {
			lineStart = t.Range.End.Byte
		} else if t.Range.End.Byte-lineStart > maxLine {
			return &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Line too long",
				Detail:   fmt.Sprintf("A line has at most %d KiB. The file is not read further.", maxLine>>10),
				Subject:  t.Range.Ptr(),
			}
		}
		top := &levels[len(levels)-1]
		switch t.Type {
		case hclsyntax.TokenComma:
			top.chain = 0
		case hclsyntax.TokenNewline:
			if top.multiline {
				top.chain = 0
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			top.chain++
			levels = append(levels, level{multiline: t.Type == hclsyntax.TokenOBrace})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash,
			hclsyntax.TokenPercent, hclsyntax.TokenQuestion, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp,
			hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq:
			top.chain++
		}
		if len(levels) > maxDepth || levels[len(levels)-1].chain > maxChain || top.chain > maxChain {
			return &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Nesting too deep",
				Detail:   fmt.Sprintf("At most %d brackets may be open and %d operators may follow one another. The file is not read further.", maxDepth-1, maxChain),
				Subject:  t.Range.Ptr(),
			}
		}
	}
	return nil
}

// maskSecrets returns the text with stars, byte for byte, in place of private
// keys, URLs with passwords, the quoted parts of every argument that is named
// like a secret, and strings such as "--password=x" and what follows
// "--password". It works on tokens, so that it also holds for a file that does
// not parse: a diagnostic shows the source line it is about, and that line may
// end up in a log.
func maskSecrets(text []byte, tokens hclsyntax.Tokens) []byte {
	masked := slices.Clone(text)
	hidden, depth := false, 0
	key := false        // within a private key
	flag := ""          // the string before, in the same list
	var blocks []string // what opened each brace
	header := ""        // the first word of the line
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenIdent:
			name := string(t.Bytes)
			if header == "" {
				header = name
			}
			assigned := i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenEqual
			inSecret := len(blocks) > 0 && blocks[len(blocks)-1] == "secret"
			if assigned && !hidden && (secretName(name) || name == "value" && inSecret) {
				hidden, depth = true, 0
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
			depth++
			if t.Type == hclsyntax.TokenOBrace {
				blocks, header = append(blocks, header), ""
			}
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
			depth--
			flag, hidden = "", hidden && depth >= 0
			if t.Type == hclsyntax.TokenCBrace && len(blocks) > 0 {
				blocks = blocks[:len(blocks)-1]
			}
		case hclsyntax.TokenNewline:
			hidden, header = hidden && depth > 0, ""
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			key = key || privateKey.Match(t.Bytes)
			text := string(t.Bytes)
			named, value := secretArg(text)
			if hidden || key || userInfo.Match(t.Bytes) || named && value || follows(flag, text) {
				stars(masked, t.Range)
			}
			flag = text
			key = key && !bytes.Contains(t.Bytes, []byte("-----END "))
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			key = false
		}
	}
	return masked
}

// stars overwrites a range of text and keeps its lines.
func stars(text []byte, r hcl.Range) {
	for i := r.Start.Byte; i < min(r.End.Byte, len(text)); i++ {
		if text[i] != '\n' && text[i] != '\r' {
			text[i] = '*'
		}
	}
}
