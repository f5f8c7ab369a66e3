package loop

import (
	"cmp"
	"container/heap"
	"time"
)

// item is a key that waits, is worked on, or has failed.
type item[K comparable] struct {
	key      K
	failures int // in a row

	due   time.Time // while it waits
	order uint64    // among those due at the same time
	place int       // in the queue, or nowhere

	running bool
	again   time.Time // when it is due again, asked for while it runs
}

// nowhere is the place of an item that is not in the queue.
const nowhere = -1

// queue holds waiting items, the one that is due first at its head.
type queue[K comparable] struct{ heap byDue[K] }

func (q *queue[K]) add(it *item[K]) { heap.Push(&q.heap, it) }

func (q *queue[K]) remove(it *item[K]) { heap.Remove(&q.heap, it.place) }

// head returns the first item, nil when there is none.
func (q *queue[K]) head() *item[K] {
	if len(q.heap) == 0 {
		return nil
	}
	return q.heap[0]
}

// byDue is a [heap.Interface] that tells each item its place.
type byDue[K comparable] []*item[K]

// Len is part of [heap.Interface].
func (h byDue[K]) Len() int { return len(h) }

// Less is part of [heap.Interface].
func (h byDue[K]) Less(i, j int) bool {
	return cmp.Or(h[i].due.Compare(h[j].due), cmp.Compare(h[i].order, h[j].order)) < 0
}

// Swap is part of [heap.Interface].
func (h byDue[K]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is part of [heap.Interface].
func (h *byDue[K]) Push(x any) {
	it := x.(*item[K])
	it.place = len(*h)
	*h = append(*h, it)
}

// Pop is part of [heap.Interface].
func (h *byDue[K]) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	it.place = nowhere
	return it
}
