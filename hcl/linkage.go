package hcl

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// linkagePort is where the API of a linkage service listens.
const linkagePort = 8851

// apiGroup is the API's task group; no worker group can have its name.
const apiGroup = "api"

// linkageBlock describes a linkage service: linkage "NAME" { ... }.
type linkageBlock struct {
	Name     string         `hcl:"name,label"`
	ID       *hcl.Attribute `hcl:"id,optional"`
	Image    *hcl.Attribute `hcl:"image,optional"`
	Driver   *hcl.Attribute `hcl:"driver,optional"`
	NodePool *hcl.Attribute `hcl:"node_pool,optional"`

	API         []*apiBlock        `hcl:"api,block"`
	Workers     []*workersBlock    `hcl:"workers,block"`
	Env         []*envBlock        `hcl:"env,block"`
	Secrets     []*secretBlock     `hcl:"secret,block"`
	S3          []*s3Block         `hcl:"s3,block"`
	Constraints []*constraintBlock `hcl:"constraint,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// apiBlock is the front of a linkage service: api { ... }.
type apiBlock struct {
	Count   *hcl.Attribute `hcl:"count,optional"`
	Port    *hcl.Attribute `hcl:"port,optional"`
	Cores   *hcl.Attribute `hcl:"cores,optional"`
	CPU     *hcl.Attribute `hcl:"cpu,optional"`
	Memory  *hcl.Attribute `hcl:"memory,optional"`
	Command *hcl.Attribute `hcl:"command,optional"`
	Args    *hcl.Attribute `hcl:"args,optional"`

	DefRange hcl.Range `hcl:",def_range"`
}

func (b *apiBlock) place() hcl.Range { return b.DefRange }

// workersBlock is a class of workers: workers "NAME" { ... }.
type workersBlock struct {
	Name    string         `hcl:"name,label"`
	Count   *hcl.Attribute `hcl:"count,optional"`
	Min     *hcl.Attribute `hcl:"min,optional"`
	Max     *hcl.Attribute `hcl:"max,optional"`
	Cores   *hcl.Attribute `hcl:"cores,optional"`
	CPU     *hcl.Attribute `hcl:"cpu,optional"`
	Memory  *hcl.Attribute `hcl:"memory,optional"`
	Queues  *hcl.Attribute `hcl:"queues,optional"`
	Command *hcl.Attribute `hcl:"command,optional"`
	Args    *hcl.Attribute `hcl:"args,optional"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// task is what the API and the workers share.
func (b *linkageBlock) task() taskBlock {
	return taskBlock{
		what: "The linkage " + quote(b.Name), def: b.DefRange,
		image: b.Image, driver: b.Driver, nodePool: b.NodePool,
		env: b.Env, secrets: b.Secrets, s3: b.S3, constraints: b.Constraints,
		takes:    []string{"image"},
		reserved: []string{"API_SERVICE", "QUEUES"},
	}
}

func (c *converter) linkages(blocks []*linkageBlock) {
	type identified struct {
		identity string
		linkage  services.Linkage
	}
	var list []identified
	seen := c.labels("linkage")
	for _, b := range blocks {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		identity := c.identify("linkage", b.Name, b.NameRange, b.ID)
		id := services.Derive(services.KindLinkage, c.identity, identity)
		c.claim(id, "The linkage "+quote(b.Name), b.NameRange)
		list = append(list, identified{identity, c.linkage(b, id)})
	}
	slices.SortFunc(list, func(a, b identified) int { return cmp.Compare(a.identity, b.identity) })
	for _, l := range list {
		c.file.Platform.Linkages = append(c.file.Platform.Linkages, l.linkage)
	}
}

func (c *converter) linkage(b *linkageBlock, id services.JobID) services.Linkage {
	t := b.task()
	l := services.Linkage{ID: id, Name: b.Name}
	shared := c.workload(t)

	if api := single(c, "api", b.API); api != nil {
		l.API = c.linkageAPI(api, t, shared, b.NodePool)
	} else if !c.meantIn(b.DefRange, "api") {
		c.absentAt(b.DefRange, "Missing api block", "%s needs an api block: it is where the parties send their encodings.", t.what)
	}
	seen := c.labels("worker group")
	for _, wb := range b.Workers {
		if seen.first(wb.Name, wb.DefRange) {
			l.Workers = append(l.Workers, c.workers(wb, t, shared, b.NodePool))
		}
	}
	if len(b.Workers) == 0 && !c.meantIn(b.DefRange, "workers") {
		c.absentAt(b.DefRange, "Missing workers block", "%s needs at least one block workers \"NAME\" { ... }: without workers nothing is ever matched.", t.what)
	}
	slices.SortFunc(l.Workers, func(a, b services.WorkerGroup) int { return cmp.Compare(a.Name, b.Name) })
	return l
}

func (c *converter) linkageAPI(b *apiBlock, t taskBlock, shared services.Workload, pool *hcl.Attribute) services.LinkageAPI {
	api := services.LinkageAPI{Count: 1, Port: linkagePort}
	if n, st := c.whole(b.Count, 0, mostCount); st == ok {
		api.Count = n
	}
	if n, st := c.whole(b.Port, 1, 65535); st == ok {
		api.Port = n
	}
	api.Workload = c.group(groupArgs{b.Command, b.Args, resourceArgs{b.Cores, b.CPU, b.Memory}}, "The API of "+lowerFirst(t.what), b.DefRange, shared, pool)
	return api
}

func (c *converter) workers(b *workersBlock, t taskBlock, shared services.Workload, pool *hcl.Attribute) services.WorkerGroup {
	c.name("workers", b.Name, b.NameRange)
	if b.Name == apiGroup {
		c.errorAt(b.NameRange, "Reserved name", "The name %q is that of the API itself. Choose another name for the workers.", apiGroup)
	}
	g := services.WorkerGroup{Name: b.Name, Count: 1}
	if n, st := c.whole(b.Count, 0, mostCount); st == ok {
		g.Count = n
	}
	g.Min, g.Max = g.Count, g.Count
	least, minState := c.whole(b.Min, 0, mostCount)
	most, maxState := c.whole(b.Max, 0, mostCount)
	if minState == ok {
		g.Min = least
	}
	if maxState == ok {
		g.Max = most
	}
	switch {
	case minState == ok && maxState == ok && least > most:
		c.errorAt(b.Min.Expr.Range(), "Bounds out of order", "The workers %s have at least %d and at most %d: min must not be above max.", quote(b.Name), least, most)
	case minState == ok && g.Count < g.Min:
		c.errorAt(b.Min.Expr.Range(), "Count out of bounds", "The workers %s start with a count of %d, which is below their min of %d.", quote(b.Name), g.Count, g.Min)
	case maxState == ok && g.Count > g.Max:
		c.errorAt(b.Max.Expr.Range(), "Count out of bounds", "The workers %s start with a count of %d, which is above their max of %d.", quote(b.Name), g.Count, g.Max)
	}
	g.Queues = c.queues(b)
	what := "The workers " + quote(b.Name) + " of " + lowerFirst(t.what)
	g.Workload = c.group(groupArgs{b.Command, b.Args, resourceArgs{b.Cores, b.CPU, b.Memory}}, what, b.DefRange, shared, pool)
	return g
}

// queues are what the workers take their work from, by default one of their
// own name.
func (c *converter) queues(b *workersBlock) []string {
	list, st := c.list(b.Queues)
	if st != ok {
		return []string{b.Name}
	}
	at := b.Queues.Expr.Range()
	if len(list) == 0 {
		c.errorAt(at, "No queue", "The workers %s take work from no queue. Leave queues out for one that is called as they are.", quote(b.Name))
	}
	for i, q := range list {
		switch {
		case !services.ValidName(q):
			c.errorAt(at, "Invalid queue", "The queue name %s is not allowed: %s.", quote(q), services.NameRule)
		case slices.Contains(list[:i], q):
			c.errorAt(at, "Duplicate queue", "The queue %s is listed twice.", quote(q))
		}
	}
	return list
}

// groupArgs is what a task group of a linkage service has of its own.
type groupArgs struct {
	command, args *hcl.Attribute
	resources     resourceArgs
}

func (c *converter) group(g groupArgs, what string, def hcl.Range, shared services.Workload, pool *hcl.Attribute) services.Workload {
	w := cloneWorkload(shared)
	if s, st := c.text(g.command); st == ok {
		w.Command = s
	}
	if list, st := c.list(g.args); st == ok && len(list) > 0 {
		c.checkArgs(g.args, list)
		w.Args = list
	}
	var d demand
	w.Resources, d = c.resources(g.resources, what, def, pool, w)
	c.file.demands = append(c.file.demands, d)
	return w
}
