package jobspecs

import (
	"cmp"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// defaultPool is the node pool of a job that names none.
const defaultPool = "default"

// newSpec is what all jobs of a platform share.
func newSpec(p *services.Platform, kind services.Kind, id services.JobID, jobType, pool string) *api.Job {
	job := &api.Job{
		ID:          new(string(id)),
		Name:        new(string(id)),
		Namespace:   new(namespace(p)),
		Type:        new(jobType),
		Priority:    new(50),
		Datacenters: p.Datacenters,
		NodePool:    new(orDefaultPool(pool)),
		Meta:        meta(p, kind),
	}
	if p.Region != "" {
		job.Region = new(p.Region)
	}
	if len(job.Datacenters) == 0 {
		job.Datacenters = []string{"*"}
	}
	return job
}

func namespace(p *services.Platform) string { return cmp.Or(p.Namespace, api.DefaultNamespace) }

func orDefaultPool(pool string) string { return cmp.Or(pool, defaultPool) }

// nodePool is the workload's own pool or else its volume's: a job can only
// run where its volume is.
func nodePool(w services.Workload, v *services.Volume) string {
	if w.NodePool == "" && v != nil {
		return v.NodePool
	}
	return w.NodePool
}

// ui is what the Nomad UI shows on top of the job's page. Links stay within
// the UI, which knows its own address.
func ui(p *services.Platform, id services.JobID, what string, v *services.Volume, links ...*api.JobUILink) *api.JobUIConfig {
	if v != nil {
		what += "\n\nIts data is on volume `" + string(v.ID) + "`, mounted at `" + v.Mount + "`, which outlives the job."
	}
	return &api.JobUIConfig{
		Description: what + "\n\n" +
			"Managed by Drover, platform `" + p.Name + "`: change the platform file, not the job.\n",
		Links: append(links,
			&api.JobUILink{Label: "Versions", URL: jobURL(p, id) + "/versions"},
			&api.JobUILink{Label: "Drover", URL: "https://github.com/drover-platform/drover"},
		),
	}
}

func jobLink(p *services.Platform, label string, id services.JobID) *api.JobUILink {
	return &api.JobUILink{Label: label, URL: jobURL(p, id)}
}

func jobURL(p *services.Platform, id services.JobID) string {
	return "/ui/jobs/" + string(id) + "@" + namespace(p)
}

// rescheduleAlways replaces failed allocations for as long as it takes, ever
// more slowly.
func rescheduleAlways() *api.ReschedulePolicy {
	return &api.ReschedulePolicy{
		Attempts:      new(0),
		Interval:      new(time.Duration(0)),
		Delay:         new(10 * time.Second),
		DelayFunction: new("exponential"),
		MaxDelay:      new(10 * time.Minute),
		Unlimited:     new(true),
	}
}

// restartInPlace keeps restarting a task on its node: moving would not help,
// its volume stays.
func restartInPlace() *api.RestartPolicy {
	return &api.RestartPolicy{
		Attempts: new(3),
		Interval: new(5 * time.Minute),
		Delay:    new(5 * time.Second),
		Mode:     new("delay"),
	}
}

// update replaces one allocation at a time, the old one first, and goes back
// to the last healthy version by itself. progress_deadline must exceed
// healthy_deadline, and image pulls count.
func update(health string) *api.UpdateStrategy {
	return &api.UpdateStrategy{
		MaxParallel:      new(1),
		HealthCheck:      new(health),
		MinHealthyTime:   new(5 * time.Second),
		HealthyDeadline:  new(5 * time.Minute),
		ProgressDeadline: new(10 * time.Minute),
		AutoRevert:       new(true),
		AutoPromote:      new(false),
		Canary:           new(0),
	}
}

// healthBy says what makes an allocation of that workload healthy. A mock task
// has no port, and therefore no check.
func healthBy(w services.Workload) string {
	if w.Driver == services.DriverMock {
		return "task_states"
	}
	return "checks"
}

// disk is enough for five log files of 10 MB for each stream; everything that
// lasts is on a volume.
func disk() *api.EphemeralDisk {
	return &api.EphemeralDisk{SizeMB: new(150), Sticky: new(false), Migrate: new(false)}
}

func constraints(list []services.Constraint) []*api.Constraint {
	if len(list) == 0 {
		return nil
	}
	out := make([]*api.Constraint, len(list))
	for i, c := range list {
		out[i] = &api.Constraint{LTarget: c.Attribute, Operand: cmp.Or(c.Operator, "="), RTarget: c.Value}
	}
	return out
}
