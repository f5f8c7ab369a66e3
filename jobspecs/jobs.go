package jobspecs

import (
	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Job is one Nomad job and everything that has to exist for it first.
type Job struct {
	ID   services.JobID
	Kind services.Kind
	// Spec is complete: its meta carries Hash.
	Spec *api.Job
	Hash string
	// Grant is what the job may read from Vault; nil when it reads nothing.
	Grant *services.Grant
	// Secrets are the values that Drover makes once, before the job starts;
	// sorted by environment variable.
	Secrets []services.GeneratedSecret
	// Volume is the durable volume that the job mounts; nil for none.
	Volume *services.Volume
}

// Jobs returns every job of the platform, in the order in which they start:
// the Hub, linkage services, runners, Apps. Equal platforms give equal jobs.
func Jobs(p *services.Platform) []*Job {
	jobs := make([]*Job, 0, 1+len(p.Linkages)+len(p.Runners)+len(p.Apps))
	if h := p.Hub; h != nil {
		jobs = append(jobs, newJob(p, h.ID, services.KindHub, Hub(p, h), h.Volume, h.Workload))
	}
	for i := range p.Linkages {
		l := &p.Linkages[i]
		work := []services.Workload{l.API.Workload}
		for _, w := range l.Workers {
			work = append(work, w.Workload)
		}
		jobs = append(jobs, newJob(p, l.ID, services.KindLinkage, Linkage(p, l), nil, work...))
	}
	for i := range p.Runners {
		r := &p.Runners[i]
		jobs = append(jobs, newJob(p, r.ID, services.KindRunner, Runner(p, r), nil, r.Workload))
	}
	for i := range p.Apps {
		a := &p.Apps[i]
		jobs = append(jobs, newJob(p, a.ID, services.KindApp, App(p, a), a.Volume, a.Workload))
	}
	return jobs
}

func newJob(p *services.Platform, id services.JobID, kind services.Kind, spec *api.Job, volume *services.Volume, work ...services.Workload) *Job {
	return &Job{
		ID:      id,
		Kind:    kind,
		Hash:    seal(spec),
		Spec:    spec,
		Grant:   grant(p, id, work),
		Secrets: generated(p, id, work),
		Volume:  volume,
	}
}
