package jobspecs

import (
	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// App returns the job of one user's App: one service job, one group, one task,
// and at most one allocation that writes to the App's volume at any time. The
// job carries no hash yet; see [Jobs].
func App(p *services.Platform, a *services.App) *api.Job {
	job := newSpec(p, services.KindApp, a.ID, "service", nodePool(a.Workload, a.Volume))
	job.Meta[MetaOwner] = string(a.Owner)
	links := []*api.JobUILink{}
	if a.Hub != "" {
		links = append(links, jobLink(p, "Hub", a.Hub))
	}
	job.UI = ui(p, a.ID, "App of profile `"+a.Profile+"`, owned by `"+string(a.Owner)+"`.", a.Volume, links...)

	tags := []string{"owner=" + string(a.Owner), "profile=" + a.Profile}
	job.TaskGroups = []*api.TaskGroup{
		singleWriter(p, a.ID, services.KindApp, a.Port, "/", tags, a.Workload, a.Volume),
	}
	return job
}
