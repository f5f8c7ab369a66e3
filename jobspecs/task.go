package jobspecs

import (
	"maps"
	"strconv"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// portLabel is the one port of a group that serves HTTP.
const portLabel = "http"

// What Nomad puts in the place of these when it places or starts the task.
// [Render] writes them bare, as people know them from other jobs.
const (
	refAddress = "${NOMAD_ADDR_http}"       // host address and port of the port "http"
	refEnvFile = "${NOMAD_SECRETS_DIR}/env" // in memory, for Nomad's client alone
	refHome    = "${NOMAD_TASK_DIR}/home"   // gone with the allocation
	refNodeID  = "${node.unique.id}"
	refDevice  = "${device.attr.memory}"
)

// newTask is the one task of a group. builtin is the name of Drover's own
// server for it, used when the workload says so; port 0 means that it serves
// nothing.
func newTask(p *services.Platform, id services.JobID, name string, builtin string, port int, w services.Workload, v *services.Volume) *api.Task {
	task := &api.Task{
		Name:        name,
		Driver:      string(w.Driver),
		User:        w.User,
		Config:      config(builtin, port, w, v),
		Env:         maps.Clone(w.Env),
		KillTimeout: new(30 * time.Second),
		LogConfig:   &api.LogConfig{MaxFiles: new(5), MaxFileSizeMB: new(10)},
		Resources:   resources(w.Resources),
	}
	readSecrets(p, task, id, w)
	return task
}

// config is the driver's part of the task.
func config(builtin string, port int, w services.Workload, v *services.Volume) map[string]any {
	if w.Driver == services.DriverMock {
		return map[string]any{"run_for": "8760h"}
	}
	c := map[string]any{}
	if w.Driver == services.DriverDocker {
		c["image"] = w.Image
		if port > 0 {
			c["ports"] = []string{portLabel}
		}
	}
	if w.Command != "" {
		c["command"] = w.Command
	}
	args := w.Args
	if w.Builtin {
		args = append(builtinArgs(builtin, port, w.Driver, v), w.Args...)
	}
	if len(args) > 0 {
		c["args"] = args
	}
	return c
}

// builtinArgs is the command line of Drover's own server. On the host's
// network it listens where Nomad tells it to; in a container on the port that
// the container publishes.
func builtinArgs(name string, port int, driver services.Driver, v *services.Volume) []string {
	args := []string{"workload", name}
	if port > 0 {
		listen := refAddress
		if driver == services.DriverDocker {
			listen = "0.0.0.0:" + strconv.Itoa(port)
		}
		args = append(args, "-listen", listen)
	}
	if name == string(services.KindApp) {
		home := refHome
		if v != nil {
			home = v.Mount
		}
		args = append(args, "-home", home)
	}
	return args
}

func resources(r services.Resources) *api.Resources {
	out := &api.Resources{MemoryMB: new(r.MemoryMiB)}
	if r.Cores > 0 {
		out.Cores = new(r.Cores)
	} else {
		out.CPU = new(r.CPU)
	}
	return out
}
