package hcl

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// appPort is where the Watchful App listens.
const appPort = 9001

// appBlock describes an App profile: app "NAME" { ... }.
type appBlock struct {
	Name        string         `hcl:"name,label"`
	ID          *hcl.Attribute `hcl:"id,optional"`
	Hub         *hcl.Attribute `hcl:"hub,optional"`
	Image       *hcl.Attribute `hcl:"image,optional"`
	Builtin     *hcl.Attribute `hcl:"builtin,optional"`
	Command     *hcl.Attribute `hcl:"command,optional"`
	Args        *hcl.Attribute `hcl:"args,optional"`
	Driver      *hcl.Attribute `hcl:"driver,optional"`
	User        *hcl.Attribute `hcl:"user,optional"`
	Port        *hcl.Attribute `hcl:"port,optional"`
	Cores       *hcl.Attribute `hcl:"cores,optional"`
	CPU         *hcl.Attribute `hcl:"cpu,optional"`
	Dataset     *hcl.Attribute `hcl:"dataset,optional"`
	Memory      *hcl.Attribute `hcl:"memory,optional"`
	IdleTimeout *hcl.Attribute `hcl:"idle_timeout,optional"`
	NodePool    *hcl.Attribute `hcl:"node_pool,optional"`

	Volume      []*volumeBlock     `hcl:"volume,block"`
	Env         []*envBlock        `hcl:"env,block"`
	Secrets     []*secretBlock     `hcl:"secret,block"`
	S3          []*s3Block         `hcl:"s3,block"`
	Constraints []*constraintBlock `hcl:"constraint,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

func (b *appBlock) task() taskBlock {
	return taskBlock{
		what: "The app " + quote(b.Name), def: b.DefRange,
		image: b.Image, builtin: b.Builtin, command: b.Command, args: b.Args, driver: b.Driver, user: b.User, nodePool: b.NodePool,
		env: b.Env, secrets: b.Secrets, s3: b.S3, constraints: b.Constraints,
		takes: []string{"builtin", "image", "command"},
	}
}

// profile is an App profile, ready to make Apps from.
type profile struct {
	identity string
	clashes  bool         // another profile has the identity, which is reported
	app      services.App // without ID, owner and volume ID
	demand   demand
	sizing   sizing
}

// sizing is where an App's memory comes from. Zero values are not given.
type sizing struct {
	dataset   int64 // bytes
	datasetAt hcl.Range
	memory    int // MiB, as written
	memoryAt  hcl.Range
}

func (c *converter) appProfiles(blocks []*appBlock) {
	c.profiles = map[string]*profile{}
	seen := c.labels("app")
	identities := map[string]*appBlock{}
	for _, b := range blocks {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		p := c.appProfile(b)
		if other, found := identities[p.identity]; found {
			c.errorAt(b.NameRange, "Identity taken", "The app %s has the same identity as the app %s at %s, so the Apps of both would share jobs and volumes. Give one of them another id; keep the id of the one whose data must stay.", quote(b.Name), quote(other.Name), other.NameRange)
			p.clashes = true
		}
		identities[p.identity] = b
		c.profiles[b.Name] = p
	}
}

func (c *converter) appProfile(b *appBlock) *profile {
	t := b.task()
	p := &profile{identity: c.identify("app", b.Name, b.NameRange, b.ID)}
	p.app = services.App{Profile: b.Name, Port: appPort}
	a := &p.app
	if n, st := c.whole(b.Port, 1, 65535); st == ok {
		a.Port = n
	}
	a.IdleTimeout, _ = c.duration(b.IdleTimeout)
	if name, st := c.text(b.Hub); st == ok {
		id, known := c.hubs[name]
		if !known {
			names := slices.Collect(maps.Keys(c.hubs))
			c.absentAt(b.Hub.Expr.Range(), "Unknown hub", "There is no hub %s.%s %s Leave hub out for an App that stands alone.", quote(name), didYouMean(name, names), declared("hub", names))
		}
		a.Hub = id
	}
	a.Workload = c.workload(t)

	p.demand = demand{what: t.what, at: b.DefRange, poolAt: b.DefRange}
	if b.NodePool != nil {
		p.demand.poolAt = b.NodePool.Expr.Range()
	}
	c.processor(resourceArgs{cores: b.Cores, cpu: b.CPU}, t.what, b.DefRange, false, &p.demand)
	var given sizing
	p.sizing, given = c.sizing(b.Dataset, b.Memory, sizing{})
	switch {
	case given != sizing{} || b.Dataset != nil || b.Memory != nil:
		c.fit(t.what, p.sizing, &p.demand)
	case !c.meantIn(b.DefRange, "dataset") && !c.meantIn(b.DefRange, "memory"):
		c.absentAt(b.DefRange, "Missing argument", "%s needs either dataset, the largest one that it will hold, or memory: dataset = \"200MB\" or memory = \"1GiB\".", t.what)
	}
	if vb := single(c, "volume", b.Volume); vb != nil {
		// The ID is that of a user's App; the profile has none.
		a.Volume = c.volume(vb, "", "The volume of "+lowerFirst(t.what), a.Workload, b.User)
		c.samePool(t, &a.Workload, a.Volume)
	} else if !c.meantIn(b.DefRange, "volume") && !c.broken {
		c.warnAt(b.DefRange, "App without volume", "%s has no volume block: what its users do is gone when their App stops.", t.what)
	}
	p.demand.pool = a.Workload.NodePool
	c.file.demands = append(c.file.demands, p.demand)
	return p
}

// sizing reads dataset and memory over what a profile says, and also returns
// what was read.
func (c *converter) sizing(dataset, memory *hcl.Attribute, over sizing) (result, given sizing) {
	if bytes, st := c.size(dataset); st == ok {
		given.dataset, given.datasetAt = bytes, dataset.Expr.Range()
		over.dataset, over.datasetAt = given.dataset, given.datasetAt
	}
	if n, st := c.memory(memory); st == ok {
		given.memory, given.memoryAt = n, memory.Expr.Range()
		over.memory, over.memoryAt = given.memory, given.memoryAt
	}
	return over, given
}

// fit puts the memory of an App into its demand: what is written, which must
// hold the dataset, or else what the dataset needs.
func (c *converter) fit(what string, s sizing, d *demand) {
	needed := memoryFor(s.dataset)
	switch {
	case s.memory == 0 && s.dataset == 0:
		return // both are faulty
	case s.memory == 0:
		d.needs.MemoryMiB, d.memoryAt = max(needed, leastApp), s.datasetAt
		return
	case s.memory < needed:
		c.errorAt(s.memoryAt, "Memory below dataset rule", "%s has %d MiB of memory, and its dataset needs four times its size, which is %d MiB (see %s). Leave memory out to get that.", what, s.memory, needed, s.datasetAt)
	}
	d.needs.MemoryMiB, d.memoryAt = s.memory, s.memoryAt
}

// memoryFor is the memory, in MiB, that holds a dataset of so many bytes.
func memoryFor(dataset int64) int { return inMiB(memoryPerDataset * dataset) }
