package jobspecs

import (
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// volumeLabel is the name of a group's volume block; what it mounts is the
// volume with the ID in "source".
const volumeLabel = "data"

// singleWriter is the task group of an App or a Hub. Nothing in it may lead to
// two allocations at once: the count is one, there are no canaries, a node
// that is cut off stops its allocation by itself and no replacement starts
// meanwhile, and a failed task restarts where its volume is instead of moving.
func singleWriter(p *services.Platform, id services.JobID, kind services.Kind, port int, check string, tags []string, w services.Workload, v *services.Volume) *api.TaskGroup {
	name := string(kind)
	task := newTask(p, id, name, name, port, w, v)
	group := &api.TaskGroup{
		Name:          new(name),
		Count:         new(1),
		Constraints:   constraints(w.Constraints),
		RestartPolicy: restartInPlace(),
		// A task that exits is restarted in place. An allocation fails only when
		// it could not be set up (Consul was away, say), and must be tried again
		// then; the volume brings it back to the same node.
		ReschedulePolicy: rescheduleAlways(),
		Disconnect: &api.DisconnectStrategy{
			StopOnClientAfter: new(5 * time.Minute),
			Replace:           new(false),
		},
		Update:        update(healthBy(w)),
		EphemeralDisk: disk(),
		Tasks:         []*api.Task{task},
	}
	if v != nil {
		group.Volumes = map[string]*api.VolumeRequest{volumeLabel: {
			Name:           volumeLabel,
			Type:           "host",
			Source:         string(v.ID),
			Sticky:         true,
			AccessMode:     "single-node-single-writer",
			AttachmentMode: "file-system",
		}}
		task.VolumeMounts = []*api.VolumeMount{{
			Volume:      new(volumeLabel),
			Destination: new(v.Mount),
			ReadOnly:    new(false),
		}}
	}
	serve(p, group, id, kind, port, check, tags, w)
	return group
}
