// Package loop runs keyed, level-triggered work.
//
// A key says what to look at, never what happened to it: the work looks at the
// world as it is and does what is missing, so that any number of reasons to
// look fold into one. One key is never worked on twice at the same time; what
// is added while it is worked on makes it run once more. Work that fails is
// tried again, ever less often.
package loop

import (
	"context"
	"sync"
	"time"
)

// Backoff after failures, where a loop says nothing else.
const (
	DefaultMinBackoff = time.Second
	DefaultMaxBackoff = time.Minute
)

// Loop calls Func for keys that are added. The exported fields are set before
// the first call of a method and not changed then. Methods may be called from
// several goroutines, Func included.
type Loop[K comparable] struct {
	// Func does the work of one key. It may be called for several keys at the
	// same time, never for one. A positive duration asks for another call
	// after it; an error asks for one after a backoff, whatever the duration.
	// ctx ends with Run's.
	Func func(ctx context.Context, key K) (after time.Duration, err error)
	// Workers is how many keys are worked on at the same time; 0 is 1.
	Workers int
	// MinBackoff is the pause after a first failure. It doubles with every
	// failure in a row up to MaxBackoff. 0 is the default.
	MinBackoff, MaxBackoff time.Duration
	// OnError is told of every failure, before the backoff, by the goroutine
	// that called Func. It is not told of work that failed because the loop
	// was stopped. It may be nil.
	OnError func(key K, err error)

	mu    sync.Mutex
	items map[K]*item[K] // what waits, runs, or has failed
	queue queue[K]       // what waits, by time
	added uint64         // orders what is due at the same time
	wake  chan struct{}  // the queue's head has changed
}

// Add asks for a call as soon as a worker is free, even when the key waits for
// its backoff; the failures before still count for the next one. A key that
// waits already is not called twice, one that is worked on is called once more.
func (l *Loop[K]) Add(key K) { l.AddAfter(key, 0) }

// AddAfter asks for a call after d. What was asked for earlier than that stays
// as it is.
func (l *Loop[K]) AddAfter(key K, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.schedule(l.item(key), time.Now().Add(max(0, d)))
}

// Run works until ctx ends and the calls of Func that are under way have
// returned; then it returns nil. What was not worked on stays for the next Run.
// Only one Run may be under way.
func (l *Loop[K]) Run(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	free := make(chan struct{}, max(1, l.Workers))
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		it := l.next(ctx)
		if it == nil {
			return nil
		}
		working.Go(func() {
			defer func() { <-free }()
			l.work(ctx, it)
		})
	}
}

// next waits for a key that is due and marks it as running. It returns nil
// when ctx has ended.
func (l *Loop[K]) next(ctx context.Context) *item[K] {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		l.mu.Lock()
		l.prepare()
		wait := time.Hour
		if head := l.queue.head(); head != nil {
			if wait = time.Until(head.due); wait <= 0 {
				l.queue.remove(head)
				head.running = true
				l.mu.Unlock()
				return head
			}
		}
		l.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// work calls Func for a key that is marked as running, and says when it is due
// again.
func (l *Loop[K]) work(ctx context.Context, it *item[K]) {
	after, err := l.Func(ctx, it.key)
	if err != nil && ctx.Err() == nil && l.OnError != nil {
		l.OnError(it.key, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	it.running = false
	if err == nil {
		it.failures = 0
	} else {
		after = l.backoff(it.failures)
		it.failures++
	}
	if after > 0 {
		l.schedule(it, time.Now().Add(after))
	}
	if again := it.again; !again.IsZero() {
		it.again = time.Time{}
		l.schedule(it, again)
	}
	if it.place == nowhere && it.failures == 0 {
		delete(l.items, it.key)
	}
}

// backoff returns the pause after a failure that followed that many.
func (l *Loop[K]) backoff(failures int) time.Duration {
	shortest, longest := l.MinBackoff, l.MaxBackoff
	if shortest <= 0 {
		shortest = DefaultMinBackoff
	}
	if longest <= 0 {
		longest = DefaultMaxBackoff
	}
	d := shortest
	for ; failures > 0 && d < longest; failures-- {
		d *= 2
	}
	return min(d, longest)
}

// item returns the key's item, a new one if need be. The lock is held.
func (l *Loop[K]) item(key K) *item[K] {
	l.prepare()
	it, ok := l.items[key]
	if !ok {
		it = &item[K]{key: key, place: nowhere}
		l.items[key] = it
	}
	return it
}

// schedule makes the item due at that time, unless it is due earlier. The lock
// is held.
func (l *Loop[K]) schedule(it *item[K], due time.Time) {
	if it.running {
		if it.again.IsZero() || due.Before(it.again) {
			it.again = due
		}
		return
	}
	if it.place != nowhere {
		if !due.Before(it.due) {
			return
		}
		l.queue.remove(it)
	}
	l.added++
	it.due, it.order = due, l.added
	l.queue.add(it)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// prepare makes what the zero value lacks. The lock is held.
func (l *Loop[K]) prepare() {
	if l.items == nil {
		l.items, l.wake = map[K]*item[K]{}, make(chan struct{}, 1)
	}
}
