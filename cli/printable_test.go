package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/engine"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain\n\ttext, größe, 日本":    "plain\n\ttext, größe, 日本",
		"\x1b]0;title\a\x1b[2Jgone":   `\x1b]0;title\x07\x1b[2Jgone`,
		"over\rwritten\b":             `over\x0dwritten\x08`,
		"8-bit \u009b31m":             `8-bit \u009b31m`,
		"not UTF-8 \xff\xc3":          `not UTF-8 \xff\xc3`,
		"left \u202eright":            `left \u202eright`,
		"the replacement rune \ufffd": "the replacement rune \ufffd",
	} {
		require.Equal(t, want, printable(text))
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		out := printable(text)
		require.Equal(t, -1, strings.IndexFunc(out, unsafeRune), "%q", out)
		require.Equal(t, out, printable(out))
	})
}

// What a task prints reaches the terminal without its escape sequences, in the
// progress and in the error.
func TestTaskOutputMovesNoCursor(t *testing.T) {
	const words = "task \"app\": Exit Code: 1\n  | \x1b[2J\x1b]0;owned\a"
	var out bytes.Buffer
	p := newProgress(Streams{Out: &out}, nil)
	p.event(engine.Event{Wave: 1, Waves: 1, Object: "job app-x", State: engine.StateFailed, Detail: words})
	p.event(engine.Event{Wave: 1, Waves: 1, Object: "job app-x", State: engine.StateWaiting, Detail: words})
	printError(&out, errors.New(words))
	require.NotContains(t, out.String(), "\x1b")
	require.NotContains(t, out.String(), "\a")
	require.Contains(t, out.String(), `\x1b[2J`)
}
