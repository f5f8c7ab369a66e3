package jobspecs

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a quoted HCL string that evaluates to s and has no
// interpolation: "${" and "%{" are doubled, what does not print is escaped.
//
// HCL strings are Unicode in normal form C. Strings that came out of HCL
// already are; bytes that are not UTF-8 become the replacement character.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0 // of what has not been copied yet
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '$' && c != '%' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			if (c == '$' || c == '%') && (i+1 == len(s) || s[i+1] != '{') {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendEscape(b, rune(c), i > 0 && s[i-1] == c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		b = appendEscape(b, r, false)
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendEscape appends r escaped. Doubling tells "$" before a "{" from an
// interpolation, but not after another "$", where only the code point does.
func appendEscape(b []byte, r rune, repeated bool) []byte {
	switch {
	case r == '\n':
		return append(b, `\n`...)
	case r == '\r':
		return append(b, `\r`...)
	case r == '\t':
		return append(b, `\t`...)
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case (r == '$' || r == '%') && !repeated:
		return append(b, byte(r), byte(r))
	}
	if r > 0xffff {
		b = append(b, `\U`...)
		for shift := 28; shift >= 0; shift -= 4 {
			b = append(b, hexDigits[r>>shift&0xf])
		}
		return b
	}
	b = append(b, `\u`...)
	for shift := 12; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[r>>shift&0xf])
	}
	return b
}

// heredocMarker ends a heredoc.
const heredocMarker = "EOT"

// fitsHeredoc reports whether s is exactly what a heredoc of it evaluates to:
// whole lines, nothing to escape but "${" and "%{", and no line that ends it.
func fitsHeredoc(s string) bool {
	if !strings.HasSuffix(s, "\n") || strings.Count(s, "\n") < 2 && !strings.Contains(s, `"`) {
		return false // a quoted string reads as well
	}
	for line := range strings.Lines(s) {
		line = line[:len(line)-1]
		if strings.TrimSpace(line) == heredocMarker || strings.Contains(line, "$${") || strings.Contains(line, "%%{") {
			return false
		}
		for _, r := range line {
			if r == utf8.RuneError || r != '\t' && !unicode.IsPrint(r) {
				return false
			}
		}
	}
	return true
}

// appendHeredoc appends s, which [fitsHeredoc], without the last line break.
func appendHeredoc(b []byte, s string) []byte {
	b = append(b, "<<"+heredocMarker+"\n"...)
	for i := 0; i < len(s); i++ {
		b = append(b, s[i])
		if (s[i] == '$' || s[i] == '%') && i+1 < len(s) && s[i+1] == '{' {
			b = append(b, s[i])
		}
	}
	return append(b, heredocMarker...)
}

// appendString appends s as the value of an attribute or a list element.
// Drover's own references to what Nomad knows at run time stay bare.
func appendString(b []byte, s string) []byte {
	switch s {
	case refAddress, refEnvFile, refHome:
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	return appendQuoted(b, s)
}

// appendReference appends the attribute of a constraint, an affinity or a
// spread, which is a reference by nature: "${attr.kernel.name}" stays bare.
// Anything else is quoted like every other string.
func appendReference(b []byte, s string) []byte {
	if !isReference(s) {
		return appendQuoted(b, s)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// isReference reports whether s is one reference to a property of a node or a
// device, and nothing else.
func isReference(s string) bool {
	path, ok := strings.CutPrefix(s, "${")
	path, ends := strings.CutSuffix(path, "}")
	root, rest, dotted := strings.Cut(path, ".")
	switch root {
	case "attr", "device", "meta", "node":
	default:
		return false
	}
	if !ok || !ends || !dotted {
		return false
	}
	for name := range strings.SplitSeq(rest, ".") {
		if !identifier(strings.ReplaceAll(name, "-", "_")) || name[0] == '-' {
			return false
		}
	}
	return true
}
