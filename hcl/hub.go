package hcl

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// hubPort is where the Watchful Hub listens.
const hubPort = 9005

// databaseURL is the environment variable with the path of the Hub's SQLite
// database, and databaseFile its name on the volume if the file does not say.
const (
	databaseURL  = "DATABASE_URL"
	databaseFile = "watchful.db"
	sharedSecret = "SHARED_SECRET"
)

// hubBlock describes the Hub: hub "NAME" { ... }.
type hubBlock struct {
	Name     string         `hcl:"name,label"`
	ID       *hcl.Attribute `hcl:"id,optional"`
	Count    *hcl.Attribute `hcl:"count,optional"`
	Image    *hcl.Attribute `hcl:"image,optional"`
	Builtin  *hcl.Attribute `hcl:"builtin,optional"`
	Command  *hcl.Attribute `hcl:"command,optional"`
	Args     *hcl.Attribute `hcl:"args,optional"`
	Driver   *hcl.Attribute `hcl:"driver,optional"`
	User     *hcl.Attribute `hcl:"user,optional"`
	Port     *hcl.Attribute `hcl:"port,optional"`
	Cores    *hcl.Attribute `hcl:"cores,optional"`
	CPU      *hcl.Attribute `hcl:"cpu,optional"`
	Memory   *hcl.Attribute `hcl:"memory,optional"`
	NodePool *hcl.Attribute `hcl:"node_pool,optional"`

	Volume      []*volumeBlock     `hcl:"volume,block"`
	Env         []*envBlock        `hcl:"env,block"`
	Secrets     []*secretBlock     `hcl:"secret,block"`
	S3          []*s3Block         `hcl:"s3,block"`
	Constraints []*constraintBlock `hcl:"constraint,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

func (b *hubBlock) task() taskBlock {
	return taskBlock{
		what: "The hub " + quote(b.Name), def: b.DefRange,
		image: b.Image, builtin: b.Builtin, command: b.Command, args: b.Args, driver: b.Driver, user: b.User, nodePool: b.NodePool,
		env: b.Env, secrets: b.Secrets, s3: b.S3, constraints: b.Constraints,
		takes: []string{"builtin", "image", "command"},
	}
}

func (c *converter) hub(blocks []*hubBlock) {
	c.hubs = map[string]services.JobID{}
	seen := c.labels("hub")
	for i, b := range blocks {
		if seen.first(b.Name, b.DefRange) && i > 0 {
			c.errorAt(b.DefRange, "More than one hub", "A platform has one hub, and %s is declared at %s. All users and shared projects live in it.", quote(blocks[0].Name), blocks[0].DefRange)
		}
		identity := c.identify("hub", b.Name, b.NameRange, b.ID)
		if _, found := c.hubs[b.Name]; !found {
			c.hubs[b.Name] = services.Derive(services.KindHub, c.identity, identity)
		}
		hub := c.oneHub(b, c.hubs[b.Name])
		if i == 0 {
			c.file.Platform.Hub = hub
		}
	}
}

func (c *converter) oneHub(b *hubBlock, id services.JobID) *services.Hub {
	t := b.task()
	hub := &services.Hub{ID: id, Name: b.Name, Port: hubPort}
	if n, st := c.whole(b.Count, 0, mostCount); st == ok && n != 1 {
		c.errorAt(b.Count.Expr.Range(), "Hub runs exactly once", "A hub has one database with one writer, so that its count is always 1. Leave count out.")
	}
	if n, st := c.whole(b.Port, 1, 65535); st == ok {
		hub.Port = n
	}
	hub.Workload = c.workload(t)

	var d demand
	hub.Workload.Resources, d = c.resources(resourceArgs{b.Cores, b.CPU, b.Memory}, t.what, b.DefRange, b.NodePool, hub.Workload)

	vb := single(c, "volume", b.Volume)
	if vb == nil {
		if !c.meantIn(b.DefRange, "volume") {
			c.absentAt(b.DefRange, "Missing volume block", "%s needs a volume block: its database must outlive the task.", t.what)
		}
	} else {
		hub.Volume = c.volume(vb, id, "The volume of "+lowerFirst(t.what), hub.Workload, b.User)
		c.samePool(t, &hub.Workload, hub.Volume)
		c.database(b, t, hub, vb)
	}
	if hub.Workload.Driver != "" && hub.Workload.Driver != services.DriverMock && !slices.ContainsFunc(b.Secrets, func(s *secretBlock) bool { return s.Env == sharedSecret }) {
		c.warnAt(b.DefRange, "Hub without "+sharedSecret, "A Hub signs the tokens of its users with %s. Write secret %q { generate = \"hex:36\" } to let Drover make one.", sharedSecret, sharedSecret)
	}
	d.pool = hub.Workload.NodePool
	c.file.demands = append(c.file.demands, d)
	return hub
}

// database makes sure that the Hub's database is on its volume. Elsewhere it
// would be lost with the container.
func (c *converter) database(b *hubBlock, t taskBlock, hub *services.Hub, vb *volumeBlock) {
	w, mount := &hub.Workload, hub.Volume.Mount
	for _, s := range b.Secrets {
		if s.Env == databaseURL {
			c.errorAt(s.EnvRange, "Database path in secret", "%s is the path of a file, and Drover must see that it is on the volume. Give it in the env block.", databaseURL)
			return
		}
	}
	url, given := w.Env[databaseURL]
	if !given {
		switch {
		case mount == "" || badMount(mount) != "" || w.Driver == "" || envHas(b.Env, databaseURL):
		case w.Builtin:
			if w.Env == nil {
				w.Env = map[string]string{}
			}
			w.Env[databaseURL] = path.Join(mount, databaseFile)
		case w.Driver != services.DriverMock:
			c.absentAt(t.def, "Missing "+databaseURL, "%s needs %s in its env block: the path of its database on the volume, such as %q.", t.what, databaseURL, path.Join(mount, databaseFile))
		}
		return
	}
	if mount == "" || badMount(mount) != "" {
		return // reported
	}
	file := databasePath(url)
	if clean := path.Clean(file); !path.IsAbs(file) || clean == mount || !under(clean, mount) {
		c.errorAt(envRange(b.Env, databaseURL), "Database outside its volume", "The database %s is not below %s, where the volume is mounted (%s), and would be lost with the task. Put it at %q.", quote(url), quote(mount), vb.Mount.Expr.Range(), path.Join(mount, databaseFile))
	}
}

// databasePath is the file of an SQLite URL, which may also be a bare path.
func databasePath(url string) string {
	for _, scheme := range []string{"sqlite://", "sqlite:", "file://", "file:"} {
		if rest, found := strings.CutPrefix(url, scheme); found {
			file, _, _ := strings.Cut(rest, "?")
			return file
		}
	}
	return url
}

func envHas(blocks []*envBlock, name string) bool {
	return len(blocks) > 0 && blocks[0].Values[name] != nil
}

func envRange(blocks []*envBlock, name string) hcl.Range {
	return blocks[0].Values[name].Expr.Range()
}
