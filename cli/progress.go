package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drover-platform/drover/agent/engine"
)

// progress shows an apply while it goes on: a line per thing that happened,
// and on a terminal one more line, rewritten in place, that says what is
// waited for. Its method is called one event at a time.
type progress struct {
	out      io.Writer
	terminal bool
	width    int
	names    map[string]string // object to what people call it
	now      func() time.Time
	began    time.Time
	waiting  map[string]string
}

func newProgress(s Streams, names map[string]string) *progress {
	p := &progress{out: s.Out, terminal: s.OutTerminal, width: cmp.Or(s.Width, 80), names: names, now: time.Now, waiting: map[string]string{}}
	p.began = p.now()
	return p
}

// event prints one event.
func (p *progress) event(e engine.Event) {
	p.clear()
	defer p.draw()
	if e.Object == "" {
		switch e.State {
		case engine.StateStarted:
			fmt.Fprintf(p.out, "==> Wave %d of %d: %s\n", e.Wave, e.Waves, e.Name)
		case engine.StateDone:
			fmt.Fprintf(p.out, "==> Wave %d of %d: done after %s\n", e.Wave, e.Waves, p.now().Sub(p.began).Round(100*time.Millisecond))
		case engine.StateFailed:
			fmt.Fprintf(p.out, "==> Wave %d of %d: failed\n", e.Wave, e.Waves)
		}
		return
	}
	delete(p.waiting, e.Object)
	if e.State == engine.StateWaiting {
		p.waiting[e.Object] = e.Detail
		if p.terminal {
			return
		}
	}
	detail := strings.ReplaceAll(printable(e.Detail), "\n", "\n    ")
	if detail != "" {
		detail = ": " + detail
	}
	fmt.Fprintf(p.out, "    %s %s%s\n", p.name(e.Object), e.State, detail)
}

// name adds what people call an object: "job app-x (alice's labeller)".
func (p *progress) name(object string) string {
	if name, ok := p.names[object]; ok {
		return object + " (" + name + ")"
	}
	return object
}

// clear removes the waiting line.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// draw writes the waiting line: how many, and the first one's reason.
func (p *progress) draw() {
	if !p.terminal || len(p.waiting) == 0 {
		return
	}
	first := slices.Min(slices.Collect(maps.Keys(p.waiting)))
	line := fmt.Sprintf("    waiting for %d: %s: %s", len(p.waiting), p.name(first), printable(p.waiting[first]))
	if r := []rune(line); len(r) > p.width {
		line = string(r[:p.width-1]) + "…"
	}
	fmt.Fprint(p.out, strings.ReplaceAll(line, "\n", " "))
}
