package hcl

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// pluginMkdir is Nomad's own dynamic host volume plug-in. It makes a folder,
// takes the parameters below and ignores the size.
const pluginMkdir = "mkdir"

// mkdirParameters are what the plug-in mkdir takes.
var mkdirParameters = []string{"gid", "mode", "uid"}

// defaultMode lets the owner and the group of a volume in, and nobody else.
const defaultMode = "0770"

// volumeClassBlock is a way to make volumes: volume_class "NAME" { ... }.
type volumeClassBlock struct {
	Name       string         `hcl:"name,label"`
	Plugin     *hcl.Attribute `hcl:"plugin,optional"`
	NodePool   *hcl.Attribute `hcl:"node_pool,optional"`
	Parameters *hcl.Attribute `hcl:"parameters,optional"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// volumeBlock is the durable storage of a Hub or an App: volume { ... }.
type volumeBlock struct {
	Class *hcl.Attribute `hcl:"class,optional"`
	Size  *hcl.Attribute `hcl:"size,optional"`
	Mount *hcl.Attribute `hcl:"mount,optional"`
	UID   *hcl.Attribute `hcl:"uid,optional"`
	GID   *hcl.Attribute `hcl:"gid,optional"`
	Mode  *hcl.Attribute `hcl:"mode,optional"`

	DefRange hcl.Range `hcl:",def_range"`
}

func (b *volumeBlock) place() hcl.Range { return b.DefRange }

// volumeClass is a class and whether it could be understood.
type volumeClass struct {
	services.VolumeClass
	state state
}

var (
	pluginPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`)
	modePattern   = regexp.MustCompile(`^0?[0-7]{3}$`)
	idPattern     = regexp.MustCompile(`^[0-9]{1,10}$`)
)

func (c *converter) volumeClasses(blocks []*volumeClassBlock) {
	c.classes = map[string]volumeClass{}
	seen := c.labels("volume_class")
	for _, b := range blocks {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		c.name("volume_class", b.Name, b.NameRange)
		class := volumeClass{VolumeClass: services.VolumeClass{Name: b.Name}, state: ok}
		plugin, st := c.match(b.Plugin, pluginPattern, "the ID of a dynamic host volume plug-in, such as \"mkdir\"")
		if st == absent {
			c.missing("plugin", "The volume_class "+quote(b.Name), b.DefRange, `plugin = "mkdir"`)
		}
		if st != ok {
			class.state = faulty
		}
		class.Plugin = plugin
		class.NodePool, _ = c.match(b.NodePool, poolPattern, "letters, digits, dashes and underscores, at most 128")
		class.Parameters, _ = c.dictionary(b.Parameters)
		if plugin == pluginMkdir {
			c.checkMkdir(b.Parameters, class.Parameters)
		}
		c.classes[b.Name] = class
		c.file.Platform.VolumeClasses = append(c.file.Platform.VolumeClasses, class.VolumeClass)
	}
}

// checkMkdir checks the parameters of a class for the plug-in mkdir.
func (c *converter) checkMkdir(a *hcl.Attribute, parameters map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		at, value := a.Expr.Range(), parameters[key]
		switch {
		case !slices.Contains(mkdirParameters, key):
			c.errorAt(at, "Unknown parameter", "The plug-in mkdir has no parameter %s.%s Its parameters are %s.", quote(key), didYouMean(key, mkdirParameters), andList(mkdirParameters))
		case key == "mode":
			c.checkMode(value, at)
		case !idPattern.MatchString(value):
			c.errorAt(at, "Invalid parameter", "The parameter %s is a number of the system, such as \"65534\", and not %s.", key, quote(value))
		}
	}
}

func (c *converter) checkMode(mode string, at hcl.Range) {
	if !modePattern.MatchString(mode) {
		c.errorAt(at, "Invalid mode", "%s is not a mode: want three octal digits after a zero, such as \"0770\".", quote(mode))
	}
}

// volume converts a volume block of the thing id. what names it for messages.
func (c *converter) volume(b *volumeBlock, id services.JobID, what string, w services.Workload, user *hcl.Attribute) *services.Volume {
	v := &services.Volume{ID: id.VolumeID(), Owner: id}

	className, st := c.required(b.Class, "class", what, b.DefRange, `class = "local"`)
	class, known := c.classes[className]
	switch {
	case st == ok && !known:
		c.absentAt(b.Class.Expr.Range(), "Unknown volume class", "There is no volume_class %s.%s %s", quote(className), didYouMean(className, slices.Collect(maps.Keys(c.classes))), declared("volume_class", slices.Collect(maps.Keys(c.classes))))
	case st == ok:
		v.Class, v.Plugin, v.NodePool = className, class.Plugin, class.NodePool
		v.Parameters = maps.Clone(class.Parameters)
	}

	size, st := c.size(b.Size)
	if st == absent {
		c.missing("size", what, b.DefRange, `size = "10GiB"`)
	}
	v.SizeMiB = inMiB(size)

	v.Mount, st = c.required(b.Mount, "mount", what, b.DefRange, `mount = "/data"`)
	if st == ok {
		if problem := badMount(v.Mount); problem != "" {
			c.errorAt(b.Mount.Expr.Range(), "Invalid mount", "The mount %s %s", quote(v.Mount), problem)
		} else if w.Command != "" && under(w.Command, v.Mount) {
			c.errorAt(b.Mount.Expr.Range(), "Mount hides the command", "The volume would cover %s, which the task runs. Mount it elsewhere, such as \"/data\".", quote(w.Command))
		}
	}
	c.ownership(b, v, class, what, w, user)
	return v
}

// ownership decides who owns the volume's folder: the numbers of the block,
// else those of the class, else those that the driver runs the task as.
func (c *converter) ownership(b *volumeBlock, v *services.Volume, class volumeClass, what string, w services.Workload, user *hcl.Attribute) {
	uid, uidState := c.whole(b.UID, 0, 1<<32-2)
	gid, gidState := c.whole(b.GID, 0, 1<<32-2)
	mode, modeState := c.text(b.Mode)
	if modeState == ok {
		c.checkMode(mode, b.Mode.Expr.Range())
	}
	if class.state != ok {
		return // unknown class: the plug-in's parameters are unknown too
	}
	if class.Plugin != pluginMkdir {
		for _, a := range []*hcl.Attribute{b.UID, b.GID, b.Mode} {
			if a != nil {
				c.errorAt(a.NameRange, "Parameter not supported", "Only the plug-in mkdir takes %s, and the volume_class %s has the plug-in %s. Give that plug-in what it needs in the parameters of the class.", a.Name, quote(class.Name), quote(class.Plugin))
			}
		}
		return
	}
	if v.Parameters == nil {
		v.Parameters = map[string]string{}
	}
	set := func(key string, n string, st state) bool {
		if st == ok {
			v.Parameters[key] = n
		}
		return v.Parameters[key] != "" || st == faulty
	}
	hasUID := set("uid", strconv.Itoa(uid), uidState)
	hasGID := set("gid", strconv.Itoa(gid), gidState)
	if !set("mode", mode, modeState) {
		v.Parameters["mode"] = defaultMode
	}
	if hasUID && hasGID {
		return
	}
	owner, group, known := runsAs(w)
	if !known {
		if user != nil {
			c.errorAt(user.Expr.Range(), "Volume owner unknown", "%s belongs to whom the task runs as, and the number of the user %s is not known. Give the volume a uid and a gid, or write the user as a number.", what, quote(w.User))
		}
		return
	}
	if !hasUID {
		v.Parameters["uid"] = owner
	}
	if !hasGID {
		v.Parameters["gid"] = group
	}
}

// runsAs returns the user and group number that a task runs as. Nomad's exec
// driver runs tasks as nobody, raw_exec as Nomad itself does, docker as the
// image says, which is mostly root.
func runsAs(w services.Workload) (uid, gid string, known bool) {
	user, group, _ := strings.Cut(w.User, ":")
	switch {
	case user == "" && w.Driver == services.DriverExec, user == "nobody" && group == "":
		return "65534", "65534", true
	case user == "" || user == "root" && group == "":
		return "0", "0", true
	case !idPattern.MatchString(user) || group != "" && !idPattern.MatchString(group):
		return "", "", false
	case group == "" && w.Driver == services.DriverDocker:
		return user, "0", true // Docker's rule for a user without a group
	case group == "":
		return user, user, true
	}
	return user, group, true
}
