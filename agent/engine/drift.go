package engine

import (
	"context"

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
// its own state remembers it. It changes nothing.
func (e *Engine) Drift(ctx context.Context, platform string) ([]Drifted, error) {
	if err := e.Check(ctx); err != nil {
		return nil, err
	}
	records, err := e.State.Applied(platform)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, services.Errorf(services.CodeNotFound, "this state folder remembers no apply of platform %q", platform).
			WithHint("Use the -state folder that the platform was applied with, or compare with the file: drover plan FILE")
	}
	d := scheduler.Desired{Platform: platform}
	for _, r := range records {
		record, _, err := e.State.Job(platform, r.Job)
		if err != nil {
			return nil, err
		}
		job, err := jobspecs.Decode(r.Job, r.Hash, record.Spec)
		if err != nil {
			return nil, err
		}
		d.Jobs = append(d.Jobs, job)
	}
	observed, err := e.Observe(ctx, d)
	if err != nil {
		return nil, err
	}
	out := []Drifted{}
	for _, job := range d.Jobs {
		if _, ok := observed.Jobs[job.ID]; !ok {
			out = append(out, Drifted{Object: "job " + string(job.ID), Reason: "is gone", Changes: []scheduler.Change{}})
		}
	}
	plan := scheduler.Compute(d, observed)
	for _, c := range plan.Conflicts {
		out = append(out, Drifted{Object: c.Object, Reason: c.Reason, Changes: []scheduler.Change{}})
	}
	for _, w := range plan.Waves {
		for _, r := range w.Register {
			if r.Expect != 0 {
				out = append(out, Drifted{Object: "job " + string(r.Job.ID), Reason: r.Reason, Changes: append([]scheduler.Change{}, r.Changes...)})
			}
		}
	}
	volumes, err := e.State.Volumes(platform)
	if err != nil {
		return nil, err
	}
	for _, v := range volumes {
		if _, ok := observed.Volumes[v.Volume.ID]; !ok {
			out = append(out, Drifted{Object: "volume " + string(v.Volume.ID), Reason: "is gone", Changes: []scheduler.Change{}})
		}
	}
	return out, nil
}
