package scheduler

import (
	"fmt"
	"strings"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// Plan is what has to happen, in waves. It is plain data that can be saved;
// it holds no secret value.
type Plan struct {
	Platform  string                 `json:"platform"` // identity
	Name      string                 `json:"name"`
	Namespace string                 `json:"namespace"`
	Vault     services.VaultSettings `json:"vault"`
	Waves     []Wave                 `json:"waves"`
	// Conflicts are objects under wanted names that are not Drover's. A plan
	// that has any is not applied.
	Conflicts []Conflict `json:"conflicts,omitempty"`
	// Unplaced is what Nomad cannot place as things are.
	Unplaced []Unplaced `json:"unplaced,omitempty"`
	// Unchanged is the number of objects that are as they should be.
	Unchanged int `json:"unchanged"`
	// Adopt are jobs that are as they should be and that Drover's own state
	// does not remember, because an apply was cut short or ran elsewhere.
	// Applying the plan makes it remember; nothing else changes.
	Adopt []Adopt `json:"adopt,omitempty"`
	// AdoptVolumes are volumes that exist and that Drover's own state does not
	// remember.
	AdoptVolumes []AdoptVolume `json:"adopt_volumes,omitempty"`
	// Notes say, in sentences, what the plan will not do.
	Notes []string `json:"notes,omitempty"`
	// Forget are jobs that Drover's own state remembers and that neither are
	// wanted nor run. Applying the plan forgets them; nothing else changes.
	Forget []services.JobID `json:"forget,omitempty"`
	// Versions is the version of every object that the plan looked at, by
	// "kind/name". A saved plan is refused when any of them has moved.
	Versions map[string]string `json:"versions"`
}

// Adopt is a job to remember as applied at an index.
type Adopt struct {
	Job   *jobspecs.Job `json:"job"`
	Index uint64        `json:"index"`
}

// AdoptVolume is a volume to remember, with the ID that Nomad gave it.
type AdoptVolume struct {
	Volume  services.Volume `json:"volume"`
	NomadID string          `json:"nomad_id"`
}

// Wave is one step of a plan. Its parts may run at the same time, except that
// DeleteGrants follow Stop.
type Wave struct {
	Name            string           `json:"name"`
	WriteGrants     []WriteGrant     `json:"write_grants,omitempty"`
	GenerateSecrets []GenerateSecret `json:"generate_secrets,omitempty"`
	CreateVolumes   []CreateVolume   `json:"create_volumes,omitempty"`
	Register        []Register       `json:"register,omitempty"`
	Wait            []Wait           `json:"wait,omitempty"`
	Stop            []Stop           `json:"stop,omitempty"`
	DeleteGrants    []DeleteGrant    `json:"delete_grants,omitempty"`
}

// WriteGrant writes a job's Vault policy and role.
type WriteGrant struct {
	Grant  services.Grant `json:"grant"`
	Expect string         `json:"expect"` // version; Absent: must not exist
	Reason string         `json:"reason"`
}

// GenerateSecret makes a secret value that does not exist yet.
type GenerateSecret struct {
	Secret services.GeneratedSecret `json:"secret"`
	Reason string                   `json:"reason"`
}

// CreateVolume makes a durable volume that does not exist yet.
type CreateVolume struct {
	Volume services.Volume `json:"volume"`
	Reason string          `json:"reason"`
}

// Register creates or updates a job.
type Register struct {
	Job    *jobspecs.Job `json:"job"`
	Expect uint64        `json:"expect"` // JobModifyIndex; 0: must not exist
	// Prior is the version to revert to if the wave fails. Restore is false
	// when there is none: the job was absent or stopped, and reverting stops
	// it.
	Prior   uint64   `json:"prior"`
	Restore bool     `json:"restore"`
	Reason  string   `json:"reason"`
	Changes []Change `json:"changes,omitempty"`
	// Drift says that the job was changed outside Drover.
	Drift bool `json:"drift,omitempty"`
}

// Wait is a job that is as it should be but has not settled yet.
type Wait struct {
	Job    services.JobID `json:"job"`
	Index  uint64         `json:"index"` // its JobModifyIndex
	Reason string         `json:"reason"`
}

// Stop deregisters a job. Its volume and its secrets stay.
type Stop struct {
	Job    services.JobID `json:"job"`
	Kind   services.Kind  `json:"kind"`
	Expect uint64         `json:"expect"` // JobModifyIndex
	Reason string         `json:"reason"`
}

// DeleteGrant removes the Vault role and policy of a job that is gone.
type DeleteGrant struct {
	Name   string `json:"name"`
	Expect string `json:"expect"`
	Reason string `json:"reason"`
}

// Conflict is a foreign object under a wanted name.
type Conflict struct {
	Object string `json:"object"` // "job/app-x"
	Reason string `json:"reason"`
}

// Name is the object as people read it: "job app-x".
func (c Conflict) Name() string { return strings.Replace(c.Object, "/", " ", 1) }

// Empty reports whether nothing has to change. Jobs that are waited for are
// no change.
func (p Plan) Empty() bool { return p.Count() == (Count{}) && len(p.Conflicts) == 0 }

// Settled reports whether nothing has to change and nothing is waited for.
func (p Plan) Settled() bool { return len(p.Waves) == 0 && len(p.Conflicts) == 0 }

// Count is how much a plan changes.
type Count struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Stop   int `json:"stop"`
}

// Count counts what the plan creates, updates and stops or removes.
func (p Plan) Count() Count {
	var n Count
	for _, w := range p.Waves {
		n.Create += len(w.GenerateSecrets) + len(w.CreateVolumes)
		for _, g := range w.WriteGrants {
			n.add(g.Expect == Absent)
		}
		for _, r := range w.Register {
			n.add(r.Expect == 0)
		}
		n.Stop += len(w.Stop) + len(w.DeleteGrants)
	}
	return n
}

func (n *Count) add(create bool) {
	if create {
		n.Create++
	} else {
		n.Update++
	}
}

// Summary is the plan in one sentence.
func (p Plan) Summary() string {
	if p.Empty() {
		return fmt.Sprintf("No changes: %d objects are as they should be.", p.Unchanged)
	}
	n := p.Count()
	return fmt.Sprintf("%d to create, %d to update, %d to stop or remove, %d unchanged.", n.Create, n.Update, n.Stop, p.Unchanged)
}

// String returns the plan for people: a line per step, with the changed
// fields below it. It is stable and ends with the summary.
func (p Plan) String() string {
	var b strings.Builder
	for i, w := range p.Waves {
		fmt.Fprintf(&b, "Wave %d: %s\n", i+1, w.Name)
		for _, line := range w.lines() {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	for _, c := range p.Conflicts {
		fmt.Fprintf(&b, "! %s: %s\n", c.Name(), c.Reason)
	}
	for _, u := range p.Unplaced {
		fmt.Fprintf(&b, "! job %s, group %q: %s\n", u.Job, u.Group, u)
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	b.WriteString(p.Summary() + "\n")
	return b.String()
}

// lines returns one line per step, "+" for what is created, "~" for what is
// updated, "-" for what goes and "." for what is waited for.
func (w Wave) lines() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, g := range w.WriteGrants {
		add("%s vault grant %s (%s)", sign(g.Expect == Absent), g.Grant.Name, g.Reason)
	}
	for _, s := range w.GenerateSecrets {
		add("+ secret %s/%s (%s)", s.Secret.Mount, s.Secret.Path, s.Reason)
	}
	for _, v := range w.CreateVolumes {
		add("+ volume %s, %d MiB, class %q (%s)", v.Volume.ID, v.Volume.SizeMiB, v.Volume.Class, v.Reason)
	}
	for _, r := range w.Register {
		add("%s job %s (%s)", sign(r.Expect == 0), r.Job.ID, r.Reason)
		for _, c := range r.Changes {
			add("    %s", c)
		}
	}
	for _, x := range w.Wait {
		add(". job %s (%s)", x.Job, x.Reason)
	}
	for _, s := range w.Stop {
		add("- job %s (%s)", s.Job, s.Reason)
	}
	for _, g := range w.DeleteGrants {
		add("- vault grant %s (%s)", g.Name, g.Reason)
	}
	return out
}

func sign(create bool) string {
	if create {
		return "+"
	}
	return "~"
}

// String says in words what cannot be placed and why.
func (u Unplaced) String() string {
	when := "cannot be placed now"
	if u.Never {
		when = "cannot be placed on any node of this cluster"
	}
	return fmt.Sprintf("%d %s %s: %s", u.Missing, plural(u.Missing, "allocation"), when, strings.Join(u.Reasons, "; "))
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
