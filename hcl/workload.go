package hcl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// builtinCommand is where a task finds the drover binary when the file does
// not say: the chroot that "drover dev" configures, and where packages put it.
const builtinCommand = "/bin/drover"

// taskBlock is what hub, app, linkage and runner blocks have in common. Each
// of them lists the arguments itself, as gohcl wants it, and hands them over
// in this form.
type taskBlock struct {
	what string // `The hub "main"`, for messages
	def  hcl.Range

	image, builtin, command, args, driver, user *hcl.Attribute
	nodePool                                    *hcl.Attribute

	env         []*envBlock
	secrets     []*secretBlock
	s3          []*s3Block
	constraints []*constraintBlock

	// takes lists the ways to say what runs, for messages.
	takes []string
	// reserved are environment variables that Drover sets for this noun.
	reserved []string
}

var userPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$`)

// workload converts everything of a task but its resources.
func (c *converter) workload(t taskBlock) services.Workload {
	var w services.Workload
	c.program(t, &w)
	if w.Args, _ = c.list(t.args); len(w.Args) == 0 {
		w.Args = nil
	}
	c.checkArgs(t.args, w.Args)
	w.User, _ = c.match(t.user, userPattern, "a user, or a user and a group with a colon between")
	w.NodePool, _ = c.match(t.nodePool, poolPattern, "letters, digits, dashes and underscores, at most 128")
	c.environment(t, &w)
	w.Constraints = c.constraintList(t.constraints)
	return w
}

// program decides the driver and what it runs.
func (c *converter) program(t taskBlock, w *services.Workload) {
	driver, driverState := c.text(t.driver)
	if driverState == ok && !slices.Contains(services.Drivers(), services.Driver(driver)) {
		names := driverNames()
		c.errorAt(t.driver.Expr.Range(), "Unknown driver", "There is no driver %s.%s The drivers are %s.", quote(driver), didYouMean(driver, names), orList(names))
		driverState = faulty
	}
	builtin, builtinState := c.flag(t.builtin)
	image, imageState := c.text(t.image)
	command, commandState := c.text(t.command)
	if imageState == ok {
		if summary, detail := badImage(image); summary != "" {
			c.errorAt(t.image.Expr.Range(), summary, "%s", detail)
			imageState = faulty
		}
	}
	if commandState == ok && strings.TrimSpace(command) == "" {
		c.errorAt(t.command.Expr.Range(), "Empty command", "A command names a program, such as \"/usr/bin/python3\"; what it is called with goes into args.")
		commandState = faulty
	}
	if slices.Contains([]state{driverState, builtinState, imageState, commandState}, faulty) {
		return // more would be guessing
	}

	w.Driver = services.Driver(driver)
	hasImage, hasCommand := imageState == ok, commandState == ok
	if w.Driver == services.DriverMock {
		for _, a := range []*hcl.Attribute{t.image, t.builtin, t.command} {
			if a != nil {
				c.warnAt(a.NameRange, "Nothing runs", "The driver mock_driver is for load tests and runs nothing, so %s has no effect.", a.Name)
			}
		}
		return
	}
	if !builtin && !hasImage && !hasCommand {
		if !slices.ContainsFunc(t.takes, func(name string) bool { return c.meantIn(t.def, name) }) {
			c.absentAt(t.def, "Nothing to run", "%s does not say what runs: %s.", t.what, t.choices())
		}
		return
	}
	if w.Driver == "" {
		w.Driver = services.DriverExec
		if hasImage {
			w.Driver = services.DriverDocker
		}
	}
	switch {
	case w.Driver == services.DriverDocker && !hasImage:
		c.absentAt(t.driver.Expr.Range(), "Driver without image", "The driver docker runs an image, and %s has none. Give it an image, or use exec or raw_exec.", lowerFirst(t.what))
		return
	case w.Driver != services.DriverDocker && hasImage:
		c.errorAt(t.driver.Expr.Range(), "Image without docker", "The driver %s runs a command of the node and not an image. Use docker, or leave the image out.", w.Driver)
		return
	case builtin && hasImage && hasCommand:
		c.errorAt(t.command.NameRange, "Command of a builtin image", "With builtin = true the image starts Drover itself, so that there is no command to give. Leave one of the two out.")
		return
	case builtin && !hasImage && !hasCommand:
		command = builtinCommand
	}
	w.Builtin, w.Image, w.Command = builtin, image, command
}

// choices lists the ways to say what runs.
func (t taskBlock) choices() string {
	ways := map[string]string{
		"builtin": "builtin = true for Drover's own server",
		"image":   "image = \"NAME:VERSION\" for a container",
		"command": "command = \"/path\" for a program of the node",
	}
	var list []string
	for _, name := range t.takes {
		list = append(list, ways[name])
	}
	if len(list) == 1 {
		return "give it " + list[0]
	}
	return "give it " + strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

func driverNames() []string {
	var names []string
	for _, d := range services.Drivers() {
		names = append(names, string(d))
	}
	return names
}
