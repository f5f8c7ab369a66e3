package engine

import (
	"context"

	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// Drifted is one object that is not what Drover last made it.
type Drifted struct {
	Object  string             `json:"object"` // "job app-x", "volume vol-x"
	Reason  string             `json:"reason"`
	Changes []scheduler.Change `json:"changes"` // from what runs to what was applied
}

// Drift compares what runs with what Drover last applied on the platform, as
// its own state remembers it: jobs, the volumes that they mount, and what they
// were given in Vault. The jobs of the platform itself are not looked at. It
// changes nothing.
func (e *Engine) Drift(ctx context.Context, platform scheduler.Desired) ([]Drifted, error) {
	if err := e.Check(ctx); err != nil {
		return nil, err
	}
	records, err := e.State.Applied(platform.Platform)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, services.Errorf(services.CodeNotFound, "this state folder remembers no apply of platform %q", platform.Platform).
			WithHint("Use the -state folder that the platform was applied with, or compare with the file: drover plan FILE")
	}
	d := platform
	d.Jobs = nil
	for _, r := range records {
		record, _, err := e.State.Job(platform.Platform, r.Job)
		if err != nil {
			return nil, err
		}
		job, err := applied(record)
		if err != nil {
			return nil, err
		}
		d.Jobs = append(d.Jobs, job)
	}
	observed, err := e.Observe(ctx, d)
	if err != nil {
		return nil, err
	}
	return drifted(scheduler.Compute(d, observed)), nil
}

// applied is a job as it was applied.
func applied(record state.Applied) (*jobspecs.Job, error) {
	job, err := jobspecs.Decode(record.Job, record.Hash, record.Spec)
	if err != nil {
		return nil, err
	}
	job.Grant, job.Secrets = record.Grant, record.Secrets
	if volume := record.Job.VolumeID(); mounts(job, volume) {
		job.Volume = &services.Volume{ID: volume}
	}
	return job, nil
}

func mounts(job *jobspecs.Job, volume services.ID) bool {
	for _, group := range job.Spec.TaskGroups {
		for _, v := range group.Volumes {
			if v != nil && v.Source == string(volume) {
				return true
			}
		}
	}
	return false
}

// drifted is what a plan back to what was applied would have to do.
func drifted(plan scheduler.Plan) []Drifted {
	out := []Drifted{}
	add := func(object, reason string, changes ...scheduler.Change) {
		out = append(out, Drifted{Object: object, Reason: reason, Changes: append([]scheduler.Change{}, changes...)})
	}
	const gone = "is gone"
	for _, c := range plan.Conflicts {
		add(c.Name(), c.Reason)
	}
	for _, w := range plan.Waves {
		for _, r := range w.Register {
			if r.Expect == 0 {
				add("job "+string(r.Job.ID), gone)
			} else {
				add("job "+string(r.Job.ID), r.Reason, r.Changes...)
			}
		}
		for _, v := range w.CreateVolumes {
			add("volume "+string(v.Volume.ID), gone)
		}
		for _, g := range w.WriteGrants {
			if g.Expect == scheduler.Absent {
				add("vault grant "+g.Grant.Name, gone)
			} else {
				add("vault grant "+g.Grant.Name, "is not what the job was given")
			}
		}
		for _, s := range w.GenerateSecrets {
			add("secret "+s.Secret.Mount+"/"+s.Secret.Path, gone)
		}
	}
	return out
}
