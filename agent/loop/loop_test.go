package loop_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/loop"
)

var errWork = errors.New("does not work")

// running starts a loop in the bubble of the test and stops it at its end.
func running[K comparable](t *testing.T, l *loop.Loop[K]) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var err error
	wg.Go(func() { err = l.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		require.NoError(t, err)
	})
}

// calls notes when Func is called.
type calls struct {
	mu    sync.Mutex
	start time.Time
	at    []time.Duration
}

func (c *calls) note() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = append(c.at, time.Since(c.start))
	return len(c.at)
}

func (c *calls) seen() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration{}, c.at...)
}

func seconds(n ...int) []time.Duration {
	out := []time.Duration{}
	for _, s := range n {
		out = append(out, time.Duration(s)*time.Second)
	}
	return out
}

func TestLoop_BackoffThenAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		var failed []string
		l := &loop.Loop[string]{
			MinBackoff: time.Second, MaxBackoff: 4 * time.Second,
			Func: func(context.Context, string) (time.Duration, error) {
				if c.note() <= 4 {
					return time.Hour, errWork
				}
				return time.Minute, nil
			},
			OnError: func(key string, err error) { failed = append(failed, key+" "+err.Error()) },
		}
		running(t, l)
		l.Add("a")
		time.Sleep(2*time.Minute + 30*time.Second)
		synctest.Wait()
		require.Equal(t, seconds(0, 1, 3, 7, 11, 71, 131), c.seen())
		require.Equal(t, []string{"a does not work", "a does not work", "a does not work", "a does not work"}, failed)
	})
}

func TestLoop_DuplicatesFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		l := &loop.Loop[string]{Func: func(context.Context, string) (time.Duration, error) {
			c.note()
			return 0, nil
		}}
		for range 100 {
			l.Add("a") // before Run
		}
		l.AddAfter("a", time.Second)
		running(t, l)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, seconds(0), c.seen())
	})
}

func TestLoop_AddedWhileRunningRunsOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		l := &loop.Loop[string]{Workers: 4, Func: func(context.Context, string) (time.Duration, error) {
			c.note()
			time.Sleep(10 * time.Second)
			return 0, nil
		}}
		running(t, l)
		l.Add("a")
		time.Sleep(time.Second)
		for range 100 {
			l.Add("a")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, seconds(0, 10), c.seen())
	})
}

// A reason to look that comes during the backoff is not kept waiting, and does
// not make the loop forget that the key fails.
func TestLoop_AddEndsBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		l := &loop.Loop[string]{MinBackoff: 10 * time.Second, MaxBackoff: time.Hour, Func: func(context.Context, string) (time.Duration, error) {
			c.note()
			return 0, errWork
		}}
		running(t, l)
		l.Add("a") // next at 10
		time.Sleep(5 * time.Second)
		l.Add("a") // at 5, next at 25
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Equal(t, seconds(0, 5, 25), c.seen())
	})
}

func TestLoop_AddAfterKeepsTheEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		l := &loop.Loop[string]{Func: func(context.Context, string) (time.Duration, error) {
			c.note()
			return 0, nil
		}}
		running(t, l)
		l.AddAfter("a", 30*time.Second)
		l.AddAfter("a", 10*time.Second)
		l.AddAfter("a", 20*time.Second)
		time.Sleep(time.Minute)
		l.AddAfter("a", -time.Second)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, seconds(10, 60), c.seen())
	})
}

// One slow key holds up no other, and those that wait for a worker come in the
// order in which they were added.
func TestLoop_Workers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		at := map[int]time.Duration{}
		start := time.Now()
		l := &loop.Loop[int]{Workers: 2, Func: func(_ context.Context, key int) (time.Duration, error) {
			mu.Lock()
			at[key] = time.Since(start)
			mu.Unlock()
			if key == 0 {
				time.Sleep(time.Hour)
			}
			time.Sleep(time.Second)
			return 0, nil
		}}
		for key := range 5 {
			l.Add(key)
		}
		running(t, l)
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, map[int]time.Duration{0: 0, 1: 0, 2: time.Second, 3: 2 * time.Second, 4: 3 * time.Second}, at)
	})
}

// Run waits for the work that is under way, which sees the context end; what
// fails then is no failure, and what waited is done by the next Run.
func TestLoop_Stop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := calls{start: time.Now()}
		l := &loop.Loop[string]{
			Func: func(ctx context.Context, _ string) (time.Duration, error) {
				if c.note() > 1 {
					return 0, nil
				}
				<-ctx.Done()
				time.Sleep(5 * time.Second) // cleaning up
				return 0, ctx.Err()
			},
			OnError: func(string, error) { t.Error("told of an error that stopping made") },
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		l.Add("a")
		l.Add("b")
		require.NoError(t, l.Run(ctx))
		require.Equal(t, 15*time.Second, time.Since(c.start))
		require.Equal(t, seconds(0), c.seen())

		running(t, l)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, seconds(0, 15, 16), c.seen()) // "b", then "a" after its backoff
	})
}
