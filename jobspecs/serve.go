package jobspecs

import (
	"slices"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// serve gives a group its port and its Consul service, which has the job's ID
// for a name. A mock task listens on nothing and gets neither.
//
// The host's port is Nomad's choice. A container's own port stays what its
// image expects; without a container the task is told the host's port.
func serve(p *services.Platform, group *api.TaskGroup, id services.JobID, kind services.Kind, port int, check string, tags []string, w services.Workload) {
	if w.Driver == services.DriverMock {
		return
	}
	listen := api.Port{Label: portLabel}
	if w.Driver == services.DriverDocker {
		listen.To = port
	}
	group.Networks = []*api.NetworkResource{{DynamicPorts: []api.Port{listen}}}

	tags = append(tags, "drover", "kind="+string(kind), "platform="+p.Name)
	slices.Sort(tags)
	group.Services = []*api.Service{{
		Name:      string(id),
		Provider:  "consul",
		PortLabel: portLabel,
		Tags:      tags,
		Checks: []api.ServiceCheck{{
			Type:     "http",
			Path:     check,
			Interval: 5 * time.Second,
			Timeout:  2 * time.Second,
			OnUpdate: "require_healthy",
		}},
	}}
	// Consul forgets the service first, then the task is told to stop, so
	// that requests under way find it alive.
	group.ShutdownDelay = new(2 * time.Second)
}
