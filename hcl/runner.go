package hcl

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// runnerBlock describes a pool that executes runs: runner "NAME" { ... }.
type runnerBlock struct {
	Name        string         `hcl:"name,label"`
	ID          *hcl.Attribute `hcl:"id,optional"`
	Image       *hcl.Attribute `hcl:"image,optional"`
	Command     *hcl.Attribute `hcl:"command,optional"`
	Args        *hcl.Attribute `hcl:"args,optional"`
	Driver      *hcl.Attribute `hcl:"driver,optional"`
	User        *hcl.Attribute `hcl:"user,optional"`
	Cores       *hcl.Attribute `hcl:"cores,optional"`
	CPU         *hcl.Attribute `hcl:"cpu,optional"`
	Memory      *hcl.Attribute `hcl:"memory,optional"`
	MaxDuration *hcl.Attribute `hcl:"max_duration,optional"`
	NodePool    *hcl.Attribute `hcl:"node_pool,optional"`

	Devices     []*deviceBlock     `hcl:"device,block"`
	Env         []*envBlock        `hcl:"env,block"`
	Secrets     []*secretBlock     `hcl:"secret,block"`
	Constraints []*constraintBlock `hcl:"constraint,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// deviceBlock asks for devices such as GPUs: device "nvidia/gpu" { ... }.
type deviceBlock struct {
	Name   string         `hcl:"name,label"`
	Count  *hcl.Attribute `hcl:"count,optional"`
	Memory *hcl.Attribute `hcl:"memory,optional"`
	Model  *hcl.Attribute `hcl:"model,optional"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

var (
	devicePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_. -]+)?$`)
	memoryPattern = regexp.MustCompile(`^(>=|<=|=|>|<) *(\S.*)$`)
)

func (b *runnerBlock) task() taskBlock {
	return taskBlock{
		what: "The runner " + quote(b.Name), def: b.DefRange,
		image: b.Image, command: b.Command, args: b.Args, driver: b.Driver, user: b.User, nodePool: b.NodePool,
		env: b.Env, secrets: b.Secrets, constraints: b.Constraints,
		takes: []string{"image", "command"},
	}
}

func (c *converter) runners(blocks []*runnerBlock) {
	type identified struct {
		identity string
		runner   services.Runner
	}
	var list []identified
	seen := c.labels("runner")
	for _, b := range blocks {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		identity := c.identify("runner", b.Name, b.NameRange, b.ID)
		id := services.Derive(services.KindRunner, c.identity, identity)
		c.claim(id, "The runner "+quote(b.Name), b.NameRange)
		list = append(list, identified{identity, c.runner(b, id)})
	}
	slices.SortFunc(list, func(a, b identified) int { return cmp.Compare(a.identity, b.identity) })
	for _, r := range list {
		c.file.Platform.Runners = append(c.file.Platform.Runners, r.runner)
	}
}

func (c *converter) runner(b *runnerBlock, id services.JobID) services.Runner {
	t := b.task()
	r := services.Runner{ID: id, Name: b.Name, Workload: c.workload(t)}
	r.MaxDuration, _ = c.duration(b.MaxDuration)

	var d demand
	r.Workload.Resources, d = c.resources(resourceArgs{b.Cores, b.CPU, b.Memory}, t.what, b.DefRange, b.NodePool, r.Workload)
	seen := c.labels("device")
	for _, db := range b.Devices {
		if !seen.first(db.Name, db.DefRange) {
			continue
		}
		device := c.device(db)
		r.Devices = append(r.Devices, device)
		at := db.NameRange
		if db.Count != nil {
			at = db.Count.Expr.Range()
		}
		d.devices = append(d.devices, deviceDemand{name: device.Name, count: device.Count, at: at})
	}
	slices.SortFunc(r.Devices, func(a, b services.Device) int { return cmp.Compare(a.Name, b.Name) })
	c.file.demands = append(c.file.demands, d)
	return r
}

func (c *converter) device(b *deviceBlock) services.Device {
	d := services.Device{Name: b.Name, Count: 1}
	if !devicePattern.MatchString(b.Name) {
		c.errorAt(b.NameRange, "Invalid device", "%s is not a device: want a vendor and a type, with a model if need be, such as \"nvidia/gpu\" or \"nvidia/gpu/H200\".", quote(b.Name))
	}
	if n, st := c.whole(b.Count, 1, 1024); st == ok {
		d.Count = n
	}
	if s, st := c.text(b.Memory); st == ok {
		m := memoryPattern.FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			c.errorAt(b.Memory.Expr.Range(), "Invalid device memory", "%s does not say how to compare: want =, >=, >, <= or < and a size, such as \">= 40GiB\".", quote(s))
		} else if bytes, summary, detail := parseSize(m[2]); summary != "" {
			c.errorAt(b.Memory.Expr.Range(), summary, "%s", detail)
		} else {
			d.MemoryOperator, d.MemoryMiB = m[1], inMiB(bytes)
		}
	}
	if s, st := c.text(b.Model); st == ok {
		if strings.TrimSpace(s) == "" {
			c.errorAt(b.Model.Expr.Range(), "Empty model", "A model is preferred by its name, such as \"NVIDIA H200\". Leave model out to prefer none.")
		}
		d.Model = s
	}
	return d
}
