package scheduler

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// Compute returns the plan that makes what was observed into what is desired.
// It is total: every input gives a plan, if only one with conflicts.
func Compute(d Desired, o Observed) Plan {
	c := computation{desired: d, seen: o, plan: Plan{
		Platform: d.Platform, Name: d.Name, Namespace: d.Namespace, Vault: d.Vault,
		Waves: []Wave{}, Versions: map[string]string{},
	}}
	jobs := slices.Clone(d.Jobs)
	slices.SortFunc(jobs, func(a, b *jobspecs.Job) int { return cmp.Compare(a.ID, b.ID) })

	c.wave(c.access(jobs))
	c.wave(c.volumes(jobs))
	c.wave(c.jobs("Hub", jobs, services.KindHub))
	c.wave(c.jobs("linkage services and runners", jobs, services.KindLinkage, services.KindRunner))
	c.apps(jobs)
	c.wave(c.removals(jobs))
	// Last, so that one App that does not start keeps nothing else from being
	// updated; but it is looked at, so that nobody is told that all is well.
	c.wave(Wave{Name: "what failed before", Wait: c.failed})
	c.forget(jobs)
	c.plan.Waves = withTheirJobs(c.plan.Waves)
	slices.SortFunc(c.plan.Conflicts, func(a, b Conflict) int { return cmp.Compare(a.Object, b.Object) })
	return c.plan
}

type computation struct {
	desired Desired
	seen    Observed
	plan    Plan
	failed  []Wait
}

// wave adds a wave that has something to do.
func (c *computation) wave(w Wave) {
	if !w.empty() {
		c.plan.Waves = append(c.plan.Waves, w)
	}
}

func (c *computation) saw(kind, name, version string) { c.plan.Versions[kind+"/"+name] = version }

func (c *computation) conflict(object, format string, args ...any) {
	c.plan.Conflicts = append(c.plan.Conflicts, Conflict{Object: object, Reason: fmt.Sprintf(format, args...)})
}

// access plans Vault's part: who may read what, and the values themselves.
func (c *computation) access(jobs []*jobspecs.Job) Wave {
	w := Wave{Name: "Vault roles, policies and secrets"}
	for _, job := range jobs {
		if job.Grant != nil {
			have, ok := c.seen.Grants[job.Grant.Name]
			version := Absent
			if ok {
				version = have.Version
			}
			c.saw("grant", job.Grant.Name, version)
			switch {
			case !ok:
				w.WriteGrants = append(w.WriteGrants, WriteGrant{Grant: *job.Grant, Expect: version, Reason: "does not exist"})
			case !have.Matches:
				w.WriteGrants = append(w.WriteGrants, WriteGrant{Grant: *job.Grant, Expect: version, Reason: "differs from what the job needs"})
			default:
				c.plan.Unchanged++
			}
		}
		for _, s := range job.Secrets {
			have, ok := c.seen.Secrets[s.Path]
			switch {
			case !ok:
				c.saw("secret", s.Path, Absent)
				w.GenerateSecrets = append(w.GenerateSecrets, GenerateSecret{Secret: s, Reason: "does not exist"})
			case !have.Owned:
				c.saw("secret", s.Path, have.Version)
				c.conflict("secret/"+s.Path, "exists and does not carry Drover's mark; move it away, or refer to it with vault = %q", s.Mount+"/data/"+s.Path)
			default:
				c.saw("secret", s.Path, have.Version)
				c.plan.Unchanged++
			}
		}
	}
	return w
}

// volumes plans the volumes that do not exist. None is ever removed.
func (c *computation) volumes(jobs []*jobspecs.Job) Wave {
	w := Wave{Name: "volumes"}
	for _, job := range jobs {
		if job.Volume == nil {
			continue
		}
		have, ok := c.seen.Volumes[job.Volume.ID]
		if ok {
			c.saw("volume", string(job.Volume.ID), have.NomadID)
			c.plan.Unchanged++
			c.volume(*job.Volume, have)
			continue
		}
		c.saw("volume", string(job.Volume.ID), Absent)
		w.CreateVolumes = append(w.CreateVolumes, CreateVolume{Volume: *job.Volume, Reason: "does not exist"})
	}
	return w
}

// volume notes how a volume that exists differs from what the file says, as
// far as Drover remembers how it was made. Volumes are never changed: what is
// on them is worth more than being as the file says.
func (c *computation) volume(want services.Volume, have ObservedVolume) {
	made, ok := c.seen.Made[want.ID]
	if !ok {
		c.plan.AdoptVolumes = append(c.plan.AdoptVolumes, AdoptVolume{Volume: want, NomadID: have.NomadID})
		return
	}
	var differs []string
	say := func(what, is, wanted string) {
		if is != wanted {
			differs = append(differs, fmt.Sprintf("%s is %s and not %s", what, is, wanted))
		}
	}
	say("its size", fmt.Sprintf("%d MiB", made.SizeMiB), fmt.Sprintf("%d MiB", want.SizeMiB))
	say("its plug-in", strconv.Quote(made.Plugin), strconv.Quote(want.Plugin))
	say("its node pool", strconv.Quote(made.NodePool), strconv.Quote(want.NodePool))
	if !maps.Equal(made.Parameters, want.Parameters) {
		differs = append(differs, "its parameters are others")
	}
	if len(differs) > 0 {
		c.plan.Notes = append(c.plan.Notes, fmt.Sprintf("volume %s stays as it was made: %s. Drover changes no volume; to get another, move what is on it and give its owner another id.", want.ID, strings.Join(differs, ", ")))
	}
}

// jobs plans the jobs of some kinds as one wave.
func (c *computation) jobs(name string, jobs []*jobspecs.Job, kinds ...services.Kind) Wave {
	w := Wave{Name: name}
	for _, job := range jobs {
		if slices.Contains(kinds, job.Kind) {
			c.job(&w, job)
		}
	}
	return w
}

// apps plans the Apps in cohorts.
func (c *computation) apps(jobs []*jobspecs.Job) {
	all := c.jobs("Apps", jobs, services.KindApp)
	cohorts := Cohorts(all.Register)
	if len(cohorts) == 0 {
		c.wave(all)
		return
	}
	for i, cohort := range cohorts {
		w := Wave{Name: "Apps", Register: cohort}
		if len(cohorts) > 1 {
			w.Name = fmt.Sprintf("Apps, cohort %d of %d", i+1, len(cohorts))
		}
		if i == 0 {
			w.Wait = all.Wait
		}
		c.wave(w)
	}
}

// job plans one wanted job.
func (c *computation) job(w *Wave, want *jobspecs.Job) {
	have, ok := c.seen.Jobs[want.ID]
	if !ok {
		c.saw("job", string(want.ID), Absent)
		w.Register = append(w.Register, Register{Job: want, Reason: "does not exist"})
		return
	}
	c.saw("job", string(want.ID), have.version())
	c.plan.Unplaced = append(c.plan.Unplaced, have.Unplaced...)
	if !mine(c.desired, have) {
		owner := "does not carry Drover's mark"
		if have.Owned {
			owner = fmt.Sprintf("belongs to Drover's platform %q", have.Platform)
		}
		c.conflict("job/"+string(want.ID), "exists in namespace %q and %s; stop it, or use another namespace", c.desired.Namespace, owner)
		return
	}
	next := Register{Job: withCounts(want, have.Counts), Expect: have.ModifyIndex, Prior: have.Version, Restore: true}
	switch changes := relevant(have.Changes, want, have.Counts); {
	case have.Stopped:
		next.Restore, next.Reason = false, "is stopped"
		w.Register = append(w.Register, next)
	case have.Hash != want.Hash:
		next.Reason, next.Changes = "the platform file changed", changes
		w.Register = append(w.Register, next)
	case len(changes) > 0 && c.touched(have):
		next.Reason, next.Changes, next.Drift = "was changed outside Drover", changes, true
		w.Register = append(w.Register, next)
	case len(changes) > 0:
		next.Reason, next.Changes = "the platform file changed", changes
		w.Register = append(w.Register, next)
	default:
		c.plan.Unchanged++
		if !have.Settled {
			wait := Wait{Job: want.ID, Index: have.ModifyIndex, Reason: "its deployment is in progress"}
			if have.Failed {
				wait.Reason = "its deployment failed"
				c.failed = append(c.failed, wait)
			} else {
				w.Wait = append(w.Wait, wait)
			}
		}
		if applied := c.seen.Applied[want.ID]; applied.ModifyIndex != have.ModifyIndex || applied.Hash != want.Hash {
			c.plan.Adopt = append(c.plan.Adopt, Adopt{Job: want, Index: have.ModifyIndex})
		}
	}
}

// touched reports whether somebody registered the job after Drover did. What
// Drover does not remember counts as touched: the same content hash over other
// content is nobody's doing but a hand's.
func (c *computation) touched(have ObservedJob) bool {
	applied, ok := c.seen.Applied[have.ID]
	return !ok || applied.ModifyIndex != have.ModifyIndex
}

// removals plans the stop of every job of this platform that is not wanted any
// more, and the removal of its access to Vault.
func (c *computation) removals(jobs []*jobspecs.Job) Wave {
	w := Wave{Name: "what is no longer wanted"}
	wanted := map[services.JobID]bool{}
	grants := map[string]bool{}
	for _, job := range jobs {
		wanted[job.ID] = true
		if job.Grant != nil {
			grants[job.Grant.Name] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.seen.Jobs)) {
		have := c.seen.Jobs[id]
		if wanted[id] || !mine(c.desired, have) {
			continue
		}
		c.saw("job", string(id), have.version())
		if !have.Stopped {
			w.Stop = append(w.Stop, Stop{Job: id, Kind: have.Kind, Expect: have.ModifyIndex, Reason: "is not in the platform file; its volume and secrets stay"})
		}
		name := services.GrantName(id)
		if grant, ok := c.seen.Grants[name]; ok && !grants[name] {
			c.saw("grant", name, grant.Version)
			w.DeleteGrants = append(w.DeleteGrants, DeleteGrant{Name: name, Expect: grant.Version, Reason: "its job is no longer wanted"})
		}
	}
	return w
}

// forget lists what Drover remembers of jobs that are neither wanted nor there
// to be stopped: somebody else stopped or purged them.
func (c *computation) forget(jobs []*jobspecs.Job) {
	wanted := map[services.JobID]bool{}
	for _, job := range jobs {
		wanted[job.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(c.seen.Applied)) {
		have, ok := c.seen.Jobs[id]
		if !wanted[id] && (!ok || have.Stopped) {
			c.plan.Forget = append(c.plan.Forget, id)
		}
	}
}

// withCounts returns the job to register: the wanted one, with the counts that
// a scaling policy moved within its bounds left as they are.
func withCounts(want *jobspecs.Job, counts map[string]int) *jobspecs.Job {
	out := want
	for i, group := range want.Spec.TaskGroups {
		n, ok := counts[deref(group.Name)]
		if !ok || !scales(group) || int64(n) < *group.Scaling.Min || int64(n) > *group.Scaling.Max || n == deref(group.Count) {
			continue
		}
		if out == want {
			copied, spec := *want, *want.Spec
			spec.TaskGroups = slices.Clone(spec.TaskGroups)
			copied.Spec = &spec
			out = &copied
		}
		g := *group
		g.Count = &n
		out.Spec.TaskGroups[i] = &g
	}
	return out
}

// scales reports whether a scaling policy owns the group's count.
func scales(g *api.TaskGroup) bool {
	return g.Scaling != nil && g.Scaling.Min != nil && g.Scaling.Max != nil && *g.Scaling.Min < *g.Scaling.Max
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Moved returns the objects whose version is not the one that the saved plan
// was computed from, as sentences, sorted. A saved plan may be applied only
// when there are none.
func Moved(saved, now Plan) []string {
	var out []string
	for _, object := range slices.Sorted(maps.Keys(saved.Versions)) {
		was := saved.Versions[object]
		is, ok := now.Versions[object]
		if !ok {
			is = Absent
		}
		if was != is {
			out = append(out, fmt.Sprintf("%s was %s and is %s", strings.Replace(object, "/", " ", 1), versionWords(was), versionWords(is)))
		}
	}
	for _, object := range slices.Sorted(maps.Keys(now.Versions)) {
		if _, ok := saved.Versions[object]; !ok {
			out = append(out, fmt.Sprintf("%s is new", strings.Replace(object, "/", " ", 1)))
		}
	}
	return out
}

func versionWords(v string) string {
	if v == Absent {
		return "absent"
	}
	return "at version " + v
}
