package jobspecs

import (
	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Hub returns the job of the platform's Hub, which runs exactly once: its
// database has one writer. The job carries no hash yet; see [Jobs].
func Hub(p *services.Platform, h *services.Hub) *api.Job {
	job := newSpec(p, services.KindHub, h.ID, "service", nodePool(h.Workload, h.Volume))
	job.UI = ui(p, h.ID, "Hub `"+h.Name+"`: users, teams and shared projects.", h.Volume)
	job.TaskGroups = []*api.TaskGroup{
		singleWriter(p, h.ID, services.KindHub, h.Port, "/ruok", []string{"name=" + h.Name}, h.Workload, h.Volume),
	}
	return job
}
