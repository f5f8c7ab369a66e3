package nomad

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"
)

// telling ranks task events by how much they say about a failure. What is not
// here explains nothing by itself ("Received", "Task Setup", "Restarting").
var telling = map[string]int{
	api.TaskTerminated:             1,
	api.TaskKilling:                2,
	api.TaskSiblingFailed:          2,
	api.TaskNotRestarting:          3,
	api.TaskFailedValidation:       5,
	api.TaskSetupFailure:           5,
	api.TaskArtifactDownloadFailed: 5,
	api.TaskDriverFailure:          5,
}

const (
	stderrTail  = 2048 // bytes of a failed task's stderr that are shown
	stderrLines = 8
)

// describeFailure writes into r.Detail what the failed task itself says: the
// most telling event, and the end of its stderr. stubs may be nil.
func (c *Client) describeFailure(ctx context.Context, r *Rollout, stubs []*api.AllocationListStub) error {
	if stubs == nil {
		all, _, err := c.api.Jobs().Allocations(string(r.Job), true, c.query(ctx))
		if err != nil {
			return c.explain("list allocations of "+string(r.Job), err)
		}
		stubs = all
	}
	slices.SortFunc(stubs, func(a, b *api.AllocationListStub) int { return cmp.Compare(b.CreateIndex, a.CreateIndex) })
	for _, a := range stubs {
		task, event := worst(a)
		if event == nil {
			continue
		}
		r.AllocID, r.Task = a.ID, task
		r.Detail = fmt.Sprintf("task %q: %s: %s", task, event.Type, strings.TrimSpace(event.DisplayMessage))
		if tail := c.stderr(ctx, a.ID, task); tail != "" {
			r.Detail += "\n" + tail
		}
		return nil
	}
	return nil
}

// worst returns the most telling event of the allocation, the newest of
// several.
func worst(a *api.AllocationListStub) (task string, event *api.TaskEvent) {
	for _, name := range sortedTasks(a.TaskStates) {
		state := a.TaskStates[name]
		if state.State == "running" && !state.Failed && state.Restarts == 0 {
			continue
		}
		for _, e := range state.Events {
			rank := telling[e.Type]
			if rank == 0 || e.Type == api.TaskTerminated && e.Details["oom_killed"] != "true" && e.Details["exit_code"] == "0" && event != nil {
				continue
			}
			if event == nil || rank > telling[event.Type] || rank == telling[event.Type] && e.Time >= event.Time {
				task, event = name, e
			}
		}
	}
	// "Not Restarting" says that it stopped trying; how it ended says why.
	if event != nil && event.Type == api.TaskNotRestarting {
		for _, e := range slices.Backward(a.TaskStates[task].Events) {
			if e.Type == api.TaskTerminated {
				return task, e
			}
		}
	}
	return task, event
}

func sortedTasks(states map[string]*api.TaskState) []string {
	names := make([]string, 0, len(states))
	for name := range states {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// stderr returns the end of the task's stderr, indented, or "" when it cannot
// be read: the explanation must not fail because the node is gone.
func (c *Client) stderr(ctx context.Context, alloc, task string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	frames, errs := c.api.AllocFS().Logs(&api.Allocation{ID: alloc}, false, task, api.FSLogNameStderr, api.OriginEnd, stderrTail, ctx.Done(), c.query(ctx))
	var b strings.Builder
	for {
		select {
		case f, ok := <-frames:
			if !ok {
				return indentTail(b.String())
			}
			b.Write(f.Data)
		case <-errs:
			return indentTail(b.String())
		case <-ctx.Done():
			return indentTail(b.String())
		}
	}
}

func indentTail(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	lines := strings.Split(s, "\n")
	lines = lines[max(0, len(lines)-stderrLines):]
	return "  | " + strings.Join(lines, "\n  | ")
}
