package jobspecs

import (
	"strconv"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Runner returns the parameterized batch job that each run of the pool is
// dispatched from. A run that fails is not retried by Nomad: whether a run may
// be repeated is the run queue's to decide. The job carries no hash yet; see
// [Jobs].
//
// The limit on a run's duration is Nomad's max_run_duration, which servers
// older than 2.0.3 drop without a word. The meta key [MetaMaxDuration] carries
// it too, for whoever enforces it there.
func Runner(p *services.Platform, r *services.Runner) *api.Job {
	job := newSpec(p, services.KindRunner, r.ID, "batch", r.Workload.NodePool)
	job.UI = ui(p, r.ID, "Runner `"+r.Name+"`: every run is a dispatched child of this job.", nil)
	job.ParameterizedJob = &api.ParameterizedJobConfig{
		Payload:      "optional",
		MetaOptional: []string{"run_id"},
	}

	task := newTask(p, r.ID, "run", "runner", 0, r.Workload, nil)
	task.DispatchPayload = &api.DispatchPayloadConfig{File: "run.json"}
	for _, d := range r.Devices {
		task.Resources.Devices = append(task.Resources.Devices, device(d))
	}
	group := &api.TaskGroup{
		Name:        new("run"),
		Count:       new(1),
		Constraints: constraints(r.Workload.Constraints),
		RestartPolicy: &api.RestartPolicy{
			Attempts: new(0),
			Interval: new(5 * time.Minute),
			Delay:    new(5 * time.Second),
			Mode:     new("fail"),
		},
		ReschedulePolicy: &api.ReschedulePolicy{
			Attempts:  new(0),
			Unlimited: new(false),
		},
		EphemeralDisk: disk(),
		Tasks:         []*api.Task{task},
	}
	if r.MaxDuration > 0 {
		limit := time.Duration(r.MaxDuration) * time.Second
		group.MaxRunDuration = &limit
		job.Meta[MetaMaxDuration] = durationText(limit)
	}
	job.TaskGroups = []*api.TaskGroup{group}
	return job
}

// device asks for whole devices; the model is a preference.
func device(d services.Device) *api.RequestedDevice {
	request := &api.RequestedDevice{Name: d.Name, Count: new(uint64(max(d.Count, 0)))}
	if d.MemoryOperator != "" {
		request.Constraints = []*api.Constraint{{
			LTarget: refDevice,
			Operand: d.MemoryOperator,
			RTarget: strconv.Itoa(d.MemoryMiB) + " MiB",
		}}
	}
	if d.Model != "" {
		request.Affinities = []*api.Affinity{{
			LTarget: "${device.model}", Operand: "=", RTarget: d.Model, Weight: new(int8(100)),
		}}
	}
	return request
}
