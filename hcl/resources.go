package hcl

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// Bounds of resources. The least are Nomad's, the most are typing mistakes.
const (
	leastMemory = 10 // MiB
	mostCores   = 4096
	mostMHz     = 100_000_000
	mostCount   = 100_000
)

// memoryPerDataset is the Watchful App's rule: it holds a dataset four times.
// leastApp is what an App needs for itself, in MiB.
const (
	memoryPerDataset = 4
	leastApp         = 128
)

// resourceArgs are the arguments that size a task, of one block.
type resourceArgs struct {
	cores, cpu, memory *hcl.Attribute
}

// demand is what a task asks of a node, with the places that say so.
type demand struct {
	what  string
	at    hcl.Range // of the whole block
	pool  string
	needs services.Resources

	coresAt, cpuAt, memoryAt hcl.Range
	devices                  []deviceDemand
	poolAt                   hcl.Range
}

type deviceDemand struct {
	name  string
	count int
	at    hcl.Range
}

// processor reads exactly one of cores and cpu into d. A block that may leave
// both out, because another gives them, passes optional.
func (c *converter) processor(r resourceArgs, what string, def hcl.Range, optional bool, d *demand) {
	switch {
	case r.cores != nil && r.cpu != nil:
		c.errorAt(r.cpu.NameRange, "Conflicting arguments", "%s has either dedicated cores or a share of the processor in MHz. Leave cores or cpu out.", what)
	case r.cores != nil:
		if n, st := c.whole(r.cores, 1, mostCores); st == ok {
			d.needs.Cores, d.needs.CPU, d.coresAt = n, 0, r.cores.Expr.Range()
		}
	case r.cpu != nil:
		if n, st := c.whole(r.cpu, 1, mostMHz); st == ok {
			d.needs.CPU, d.needs.Cores, d.cpuAt = n, 0, r.cpu.Expr.Range()
		}
	case !optional && !c.meantIn(def, "cores") && !c.meantIn(def, "cpu"):
		c.absentAt(def, "Missing argument", "%s needs either cores, for dedicated ones, or cpu, for a share in MHz: cores = 1 or cpu = 500.", what)
	}
}

// memory reads an amount of memory in MiB.
func (c *converter) memory(a *hcl.Attribute) (int, state) {
	bytes, st := c.size(a)
	if st != ok {
		return 0, st
	}
	if bytes < leastMemory*mib {
		c.errorAt(a.Expr.Range(), "Too little memory", "Nomad gives a task at least %dMiB.", leastMemory)
		return 0, faulty
	}
	return inMiB(bytes), ok
}

// resources reads the resources of a block that must have them.
func (c *converter) resources(r resourceArgs, what string, def hcl.Range, pool *hcl.Attribute, w services.Workload) (services.Resources, demand) {
	d := demand{what: what, at: def, pool: w.NodePool, poolAt: def}
	if pool != nil {
		d.poolAt = pool.Expr.Range()
	}
	c.processor(r, what, def, false, &d)
	n, st := c.memory(r.memory)
	if st == absent {
		c.missing("memory", what, def, `memory = "512MiB"`)
	}
	if st == ok {
		d.needs.MemoryMiB, d.memoryAt = n, r.memory.Expr.Range()
	}
	return d.needs, d
}

// samePool brings a task and its volume to the same nodes. A class without a
// pool follows the task; a task without one follows its class.
func (c *converter) samePool(t taskBlock, w *services.Workload, v *services.Volume) {
	switch {
	case v == nil:
	case v.NodePool == "":
		v.NodePool = w.NodePool
	case w.NodePool == "":
		w.NodePool = v.NodePool
	case w.NodePool != v.NodePool:
		c.errorAt(t.nodePool.Expr.Range(), "Volume on other nodes", "%s is in the node pool %s, and the volumes of the volume_class %s are in %s. Leave node_pool out, or use a class of the same pool.", t.what, quote(w.NodePool), quote(v.Class), quote(v.NodePool))
	}
}
