package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/engine"
)

func show(t *testing.T, terminal bool) string {
	t.Helper()
	var out bytes.Buffer
	p := newProgress(Streams{Out: &out, OutTerminal: terminal, Width: 60}, map[string]string{"job app-x": "alice's labeller"})
	p.began = time.Unix(100, 0)
	p.now = func() time.Time { return time.Unix(112, 0) }
	wave := engine.Event{Wave: 1, Waves: 2, Name: "Apps"}
	for _, e := range []struct {
		object string
		state  engine.State
		detail string
	}{
		{"", engine.StateStarted, ""},
		{"job app-x", engine.StateDone, "does not exist"},
		{"job app-x", engine.StateWaiting, "starting: Task Setup: a sentence that is longer than the terminal is wide"},
		{"job app-x", engine.StateFailed, "task \"app\": Terminated: Exit Code: 1\n  | no such file"},
		{"job app-x", engine.StateReverted, "back at the version before"},
		{"", engine.StateFailed, "the same again"},
		{"", engine.StateDone, ""},
	} {
		wave.Object, wave.State, wave.Detail = e.object, e.state, e.detail
		p.event(wave)
	}
	return out.String()
}

func TestProgress_Lines(t *testing.T) {
	require.Equal(t, `==> Wave 1 of 2: Apps
    job app-x (alice's labeller) done: does not exist
    job app-x (alice's labeller) waiting: starting: Task Setup: a sentence that is longer than the terminal is wide
    job app-x (alice's labeller) failed: task "app": Terminated: Exit Code: 1
      | no such file
    job app-x (alice's labeller) reverted: back at the version before
==> Wave 1 of 2: failed
==> Wave 1 of 2: done after 12s
`, show(t, false))
}

// On a terminal, what is waited for is one line that is rewritten in place and
// fits the width.
func TestProgress_Terminal(t *testing.T) {
	out := show(t, true)
	const erase = "\r\x1b[K"
	require.Contains(t, out, erase+"    waiting for 1: job app-x (alice's labeller): starting: …"+erase)
	require.NotContains(t, strings.ReplaceAll(out, erase, ""), "waiting: starting")
	last := out[strings.LastIndex(out, erase)+len(erase):]
	require.Equal(t, "==> Wave 1 of 2: done after 12s\n", last, "the waiting line is gone in the end")
}
