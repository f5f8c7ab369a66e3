package loop_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/drover-platform/drover/agent/loop"
)

// ask is one call of AddAfter in a generated history.
type ask struct {
	at    time.Duration
	key   int
	after time.Duration
}

// outcome is what one call of Func does in a generated history.
type outcome struct {
	takes time.Duration
	after time.Duration
	fails bool
}

// span is one call of Func as it happened.
type span struct{ from, to time.Duration }

// For any history of adds and outcomes: no key is worked on twice at the same
// time, no more keys than there are workers, every add is followed by a call
// that began no earlier than it was due, and there are no more calls than there
// were reasons.
func TestLoop_Properties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		workers := rapid.IntRange(1, 3).Draw(rt, "workers")
		ms := func(most int) *rapid.Generator[time.Duration] {
			return rapid.Map(rapid.IntRange(0, most), func(n int) time.Duration { return time.Duration(n) * time.Millisecond })
		}
		asks := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) ask {
			return ask{ms(500).Draw(rt, "at"), rapid.IntRange(0, 3).Draw(rt, "key"), ms(100).Draw(rt, "after")}
		}), 1, 40).Draw(rt, "asks")
		script := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) outcome {
			return outcome{ms(50).Draw(rt, "takes"), ms(50).Draw(rt, "after"), rapid.Bool().Draw(rt, "fails")}
		}), 0, 40).Draw(rt, "script")
		var problem string
		synctest.Test(t, func(t *testing.T) { problem = play(t, workers, asks, script) })
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

// play runs a history and says what is wrong with it.
func play(t *testing.T, workers int, asks []ask, script []outcome) string {
	var mu sync.Mutex
	spans := map[int][]span{}
	reasons := len(asks)
	active, most, called := 0, 0, 0
	start := time.Now()
	l := &loop.Loop[int]{Workers: workers, MinBackoff: time.Millisecond, MaxBackoff: 20 * time.Millisecond}
	l.Func = func(_ context.Context, key int) (time.Duration, error) {
		mu.Lock()
		var o outcome
		if called < len(script) {
			o = script[called]
		}
		called++
		active++
		most = max(most, active)
		from := time.Since(start)
		mu.Unlock()
		time.Sleep(o.takes)
		mu.Lock()
		defer mu.Unlock()
		active--
		spans[key] = append(spans[key], span{from, time.Since(start)})
		if o.fails {
			reasons++
			return o.after, errWork
		}
		if o.after > 0 {
			reasons++
		}
		return o.after, nil
	}
	running(t, l)
	for _, a := range asks {
		go func() {
			time.Sleep(a.at)
			l.AddAfter(a.key, a.after)
		}()
	}
	time.Sleep(time.Hour)
	synctest.Wait()

	mu.Lock()
	defer mu.Unlock()
	if active != 0 {
		return fmt.Sprintf("%d calls did not end", active)
	}
	if most > workers {
		return fmt.Sprintf("%d keys at the same time, with %d workers", most, workers)
	}
	if called > reasons {
		return fmt.Sprintf("%d calls for %d reasons", called, reasons)
	}
	for key, s := range spans {
		for i := 1; i < len(s); i++ {
			if s[i].from < s[i-1].to {
				return fmt.Sprintf("key %d: %v overlap", key, s)
			}
		}
	}
	for _, a := range asks {
		served := false
		for _, s := range spans[a.key] {
			served = served || s.from >= a.at
		}
		if !served {
			return fmt.Sprintf("key %d: added at %s and never called since: %v", a.key, a.at, spans[a.key])
		}
	}
	return ""
}
