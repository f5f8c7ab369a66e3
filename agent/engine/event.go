package engine

import "github.com/drover-platform/drover/scheduler"

// Event is one thing that happened while a plan was applied, for a progress
// view. Events of one object come in order; those of several may interleave.
type Event struct {
	Wave   int    `json:"wave"` // from 1
	Waves  int    `json:"waves"`
	Name   string `json:"name"`   // the wave's name
	Object string `json:"object"` // "job app-x", "volume vol-x"; "" is the wave itself
	State  State  `json:"state"`
	Detail string `json:"detail,omitempty"` // in words
}

// State is what happened to an event's object.
type State string

// The states. Waiting comes again whenever its detail changes.
const (
	StateStarted  State = "started"  // a wave
	StateDone     State = "done"     // written, created, stopped; or a whole wave
	StateWaiting  State = "waiting"  // for health; Detail says what for
	StateHealthy  State = "healthy"  // a job or a volume is ready
	StateFailed   State = "failed"   // Detail explains
	StateReverted State = "reverted" // back at the version before
)

// Options change how a plan is applied.
type Options struct {
	// Detach registers without waiting for health. A failure is then not
	// noticed, and nothing is reverted.
	Detach bool
	// Progress is called for every event, from several goroutines, one at a
	// time. It may be nil.
	Progress func(Event)
}

// Outcome is what applying a plan did.
type Outcome struct {
	Changed    scheduler.Count `json:"changed"`
	Registered int             `json:"registered"` // jobs registered, reverted ones too
	Waves      int             `json:"waves"`      // completed
	Reverted   []string        `json:"reverted,omitempty"`
	// NotReverted are jobs of the failed wave that are not what they were.
	NotReverted []string `json:"not_reverted,omitempty"`
}
