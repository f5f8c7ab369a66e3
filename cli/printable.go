package cli

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable returns text without what moves a terminal's cursor, colors it or
// reorders it: escape sequences, other control characters, invalid UTF-8 and
// the marks that reverse the direction of writing become "\x1b" and so on. Line
// ends and tabs stay. What a task wrote to its standard error, what a check
// answered and what a server said reach a terminal through this alone.
func printable(text string) string {
	if strings.IndexFunc(text, unsafeRune) < 0 && utf8.ValidString(text) {
		return text
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1, unsafeRune(r) && n == 1:
			b.WriteString(`\x`)
			b.WriteByte(hex[text[0]>>4])
			b.WriteByte(hex[text[0]&0xf])
		case unsafeRune(r):
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&0xf])
			}
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
}
