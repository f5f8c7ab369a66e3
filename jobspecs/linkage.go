package jobspecs

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// apiGroup is the task group of a linkage service's API. A worker group
// cannot have that name.
const apiGroup = "api"

// Linkage returns the job of a record-linkage service: a group for the API and
// one for each class of workers, each with its own count. Workers take their
// work from queues, so they may move and restart at will. The job carries no
// hash yet; see [Jobs].
func Linkage(p *services.Platform, l *services.Linkage) *api.Job {
	pool, split := linkagePool(l)
	job := newSpec(p, services.KindLinkage, l.ID, "service", pool)
	job.UI = ui(p, l.ID, "Linkage service `"+l.Name+"`: an API and worker groups that match encodings from several parties.", nil)

	front := movable(p, l.ID, apiGroup, "api", "linkage-api", l.API.Count, l.API.Port, l.API.Workload)
	front.Update = update(healthBy(l.API.Workload))
	serve(p, front, l.ID, services.KindLinkage, l.API.Port, "/api/v1/status", []string{"name=" + l.Name}, l.API.Workload)
	job.TaskGroups = append(job.TaskGroups, front)

	for _, w := range l.Workers {
		group := movable(p, l.ID, w.Name, "worker", "linkage-worker", w.Count, 0, w.Workload)
		group.Update = update("task_states")
		group.Scaling = &api.ScalingPolicy{
			Enabled: new(true),
			Min:     new(int64(w.Min)),
			Max:     new(int64(w.Max)),
			Type:    "horizontal",
		}
		group.Tasks[0].Env["API_SERVICE"] = string(l.ID)
		group.Tasks[0].Env["QUEUES"] = strings.Join(w.Queues, ",")
		job.TaskGroups = append(job.TaskGroups, group)
	}
	if split {
		pools := []string{l.API.Workload.NodePool}
		for _, w := range l.Workers {
			pools = append(pools, w.Workload.NodePool)
		}
		for i, group := range job.TaskGroups {
			group.Constraints = append(group.Constraints, &api.Constraint{
				LTarget: "${node.pool}", Operand: "=", RTarget: orDefaultPool(pools[i]),
			})
		}
	}
	return job
}

// movable is a task group whose allocations may go anywhere at any time.
func movable(p *services.Platform, id services.JobID, name, taskName, builtin string, count, port int, w services.Workload) *api.TaskGroup {
	task := newTask(p, id, taskName, builtin, port, w, nil)
	if task.Env == nil {
		task.Env = map[string]string{}
	}
	return &api.TaskGroup{
		Name:        new(name),
		Count:       new(count),
		Constraints: constraints(w.Constraints),
		Spreads:     []*api.Spread{{Attribute: refNodeID, Weight: new(int8(100))}},
		RestartPolicy: &api.RestartPolicy{
			Attempts: new(3),
			Interval: new(5 * time.Minute),
			Delay:    new(5 * time.Second),
			Mode:     new("fail"),
		},
		ReschedulePolicy: rescheduleAlways(),
		EphemeralDisk:    disk(),
		Tasks:            []*api.Task{task},
	}
}

// linkagePool returns the node pool of the whole job, and whether its groups
// are in different ones. A Nomad job has one pool; groups in several get the
// pool that holds every node and a constraint each.
func linkagePool(l *services.Linkage) (pool string, split bool) {
	same := func(w services.WorkerGroup) bool {
		return orDefaultPool(w.Workload.NodePool) == orDefaultPool(l.API.Workload.NodePool)
	}
	if slices.ContainsFunc(l.Workers, func(w services.WorkerGroup) bool { return !same(w) }) {
		return api.NodePoolAll, true
	}
	return l.API.Workload.NodePool, false
}
