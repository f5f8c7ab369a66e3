package scheduler

import (
	"slices"
	"strconv"
	"strings"

	"github.com/drover-platform/drover/jobspecs"
)

// Change is one field that differs, under Nomad's own names.
type Change struct {
	// Path is the field's place, such as
	// "group[app].task[app].Resources.MemoryMB".
	Path string `json:"path"`
	Old  string `json:"old"` // "" when added
	New  string `json:"new"` // "" when removed
}

// String returns one line: the path, then "old" => "new".
func (c Change) String() string {
	return c.Path + ": " + quote(c.Old) + " => " + quote(c.New)
}

func quote(s string) string {
	// In Go's syntax: a job that a hand changed may hold anything, and nothing
	// in it may move the terminal's cursor.
	s = strconv.Quote(s)
	s = s[1 : len(s)-1]
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "..."
	}
	return `"` + s + `"`
}

// relevant returns the changes that Drover has to act on, sorted by path:
// without its own bookkeeping, and without the counts that a scaling policy
// owns as long as they are within its bounds.
func relevant(changes []Change, want *jobspecs.Job, counts map[string]int) []Change {
	scaled := map[string]bool{}
	for _, group := range want.Spec.TaskGroups {
		if group.Name == nil || !scales(group) {
			continue
		}
		if n, ok := counts[*group.Name]; ok && int64(n) >= *group.Scaling.Min && int64(n) <= *group.Scaling.Max {
			scaled["group["+*group.Name+"].Count"] = true
		}
	}
	var out []Change
	for _, c := range changes {
		if c.Path == "Meta["+jobspecs.MetaHash+"]" || scaled[c.Path] {
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Change) int {
		if n := strings.Compare(a.Path, b.Path); n != 0 {
			return n
		}
		return strings.Compare(a.Old+"\x00"+a.New, b.Old+"\x00"+b.New)
	})
	return out
}
