package jobspecs_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"text/template/parse"
	"unicode"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// author is what somebody may write into a platform file.
type author struct {
	label, image, command, arg, envKey, envValue, secret, path, key, bucket, attribute, value, device string
}

// platform has every noun, with what the author wrote in all places that take
// a string.
func (a author) platform() *services.Platform {
	w := services.Workload{
		Driver: services.DriverDocker, Image: a.image, Command: a.command, Args: []string{"first", a.arg}, User: a.value,
		Env: map[string]string{a.envKey: a.envValue},
		Secrets: []services.Secret{
			{Env: a.secret, VaultPath: a.path, VaultKey: a.key},
			{Env: a.secret, Generate: services.Generator{Encoding: "hex", Bytes: 36}},
		},
		S3:          &services.S3{VaultPath: a.path, Bucket: a.bucket, Region: a.value},
		Resources:   services.Resources{CPU: 100, MemoryMiB: 64},
		NodePool:    a.label,
		Constraints: []services.Constraint{{Attribute: a.attribute, Operator: a.value, Value: a.value}},
	}
	p := platform()
	p.Name, p.Identity, p.Datacenters = a.label, a.label, []string{a.label}
	p.Region, p.Namespace, p.Vault.Mount = "x"+a.label, "x"+a.label, a.path
	p.Hub = hub(w)
	p.Hub.Name, p.Hub.Volume.Mount = a.label, a.value
	p.Apps = []services.App{app(w)}
	p.Apps[0].Profile = a.label
	p.Linkages = []services.Linkage{linkage(a.label, a.label, a.label)}
	p.Linkages[0].Name, p.Linkages[0].Workers[0].Name = a.label, a.label
	p.Linkages[0].Workers[0].Queues = []string{a.value, a.label}
	p.Runners = []services.Runner{{
		ID: services.Derive(services.KindRunner, "gpu"), Name: a.label, Workload: w,
		Devices: []services.Device{{Name: a.device, Count: 1, MemoryOperator: a.value, MemoryMiB: 1, Model: a.device}},
	}}
	return p
}

func (a author) each(change func(string) string) author {
	for _, s := range []*string{
		&a.label, &a.image, &a.command, &a.arg, &a.envKey, &a.envValue, &a.secret, &a.path, &a.key, &a.bucket, &a.attribute, &a.value, &a.device,
	} {
		*s = change(*s)
	}
	return a
}

// harmless is an author of plain words, who sets whatever a sets.
func (a author) harmless() author {
	return a.each(func(s string) string {
		if s == "" {
			return ""
		}
		return "word/data/word"
	})
}

// reference is what may stay bare: what Drover itself refers to, and
// properties of nodes and devices.
var reference = regexp.MustCompile(`^\$\{(NOMAD_ADDR_http|NOMAD_SECRETS_DIR|NOMAD_TASK_DIR|(attr|node|meta|device)(\.[A-Za-z0-9_-]+)+)\}$`)

// FuzzRender looks for a string that adds a block, an attribute, an
// interpolation or a template action, or that does not arrive as it was
// written.
func FuzzRender(f *testing.F) {
	plain := "word"
	for _, s := range []string{
		"", plain, "${x}", "$${x}", "$$${x}", "%{ if true }x%{ endif }", "%%{", `"`, `\`, "\"\n}\njob \"evil\" {}\n", "\nEOT\n}\n", "x\nEOT\ny\n", "EOT\n\"\n",
		"}}", "{{", `"}}{{ with secret "secret/data/other" }}{{ . }}{{ end }}`, "a`}}b", "-}}", "{{/* */}}",
		"secret/data/*", "secret/+/x", "sys/raw/../x", "a\" { capabilities = [\"sudo\"] }\npath \"b", "x${\"",
		"# comment", "// comment", "/* comment", "\x00", "\xff\xfe", "\u2028", "e\u0301", "🐴", "\r\n", "\ufeff", "a.b", "for", "null",
		"${NOMAD_ADDR_http}", "${attr.kernel.name}", "${attr.a}${attr.b}", "${attr.x} ${y}", "${env[\"x\"]}", "${NOMAD_SECRETS_DIR}/env",
	} {
		f.Add(s, plain, plain, plain)
		f.Add(plain, s, plain, plain)
		f.Add(plain, plain, s, plain)
		f.Add(plain, plain, plain, s)
		f.Add(s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		raw := author{
			label: a, image: b, command: c, arg: d, envKey: b, envValue: c, secret: d, path: a, key: b, bucket: c, attribute: d, value: a, device: b,
		}
		// What comes out of HCL is valid UTF-8 in normal form C, so that is what
		// has to arrive.
		clean := raw.each(func(s string) string { return norm.NFC.String(strings.ToValidUTF8(s, "?")) })
		if raw != clean {
			checkStructure(t, raw)
		}
		checkStructure(t, clean)
		checkValues(t, clean)
	})
}

// checkStructure wants the same blocks, attributes and template actions as
// from a harmless author, and no interpolation that is not Nomad's.
func checkStructure(t *testing.T, a author) {
	jobs, want := jobspecs.Jobs(a.platform()), a.harmless().outline(t)
	require.Len(t, jobs, len(want.skeletons))
	shapes := 0
	for i, job := range jobs {
		text := jobspecs.Render(job.Spec)
		d := parseDocument(t, text)
		require.Equal(t, want.skeletons[i], d.skeleton())
		for _, found := range d.allInterpolations(t) {
			require.Regexp(t, reference, found)
		}
		for _, tmpl := range templates(job) {
			require.Equal(t, want.shapes[shapes], shapeOf(t, tmpl))
			shapes++
		}
		checkGrant(t, job.Grant)
	}
}

// outline is the structure of all jobs of a platform.
type outline struct {
	skeletons [][]string
	shapes    []map[string]int // of the secrets templates
}

// outlines remembers what [author.outline] returned; there are few harmless
// authors.
var outlines sync.Map

func (a author) outline(t *testing.T) outline {
	if known, ok := outlines.Load(a); ok {
		return known.(outline)
	}
	var out outline
	for _, job := range jobspecs.Jobs(a.platform()) {
		out.skeletons = append(out.skeletons, parseDocument(t, jobspecs.Render(job.Spec)).skeleton())
		for _, tmpl := range templates(job) {
			out.shapes = append(out.shapes, shapeOf(t, tmpl))
		}
	}
	outlines.Store(a, out)
	return out
}

func templates(job *jobspecs.Job) []string {
	var out []string
	for _, group := range job.Spec.TaskGroups {
		for _, task := range group.Tasks {
			for _, tmpl := range task.Templates {
				out = append(out, *tmpl.EmbeddedTmpl)
			}
		}
	}
	return out
}

// shapeOf parses a secrets template and counts its nodes by kind. A name that
// is no identifier is an action of its own, and a key a call of index.
func shapeOf(t *testing.T, text string) map[string]int {
	trees, err := parse.Parse("secrets", text, "", "", map[string]any{"secret": 1, "toJSON": 1, "index": 1})
	require.NoError(t, err, "%s", text)
	counts := map[string]int{}
	var walk func(n parse.Node)
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ListNode:
			if n != nil {
				for _, child := range n.Nodes {
					walk(child)
				}
			}
		case *parse.WithNode:
			counts["with"]++
			counts["commands"] += len(n.Pipe.Cmds)
			walk(n.List)
			walk(n.ElseList)
		case *parse.ActionNode:
			if _, name := n.Pipe.Cmds[0].Args[0].(*parse.StringNode); name {
				require.Len(t, n.Pipe.Cmds, 1)
				return
			}
			counts["action"]++
			counts["commands"] += len(n.Pipe.Cmds)
		case *parse.TextNode:
		default:
			require.Fail(t, "unexpected node", "%T in %s", n, text)
		}
	}
	walk(trees["secrets"].Root)
	return counts
}

// checkGrant reads the policy as Vault does, and wants only exact paths, and
// the job's own, readable.
func checkGrant(t *testing.T, grant *services.Grant) {
	if grant == nil {
		return
	}
	var policy struct {
		Path map[string]map[string]any `hcl:"path"`
	}
	require.NoError(t, hcl.Decode(&policy, grant.Rules), "%s", grant.Rules)
	for path, rule := range policy.Path {
		require.Equal(t, map[string]any{"capabilities": []any{"read"}}, rule)
		own := "/data/drover/" + string(grant.Job) + "/*"
		if mount, ok := strings.CutSuffix(path, own); ok {
			path = mount + "/x"
		}
		require.True(t, services.ValidVaultPath(path), "%s", path)
		require.NotContains(t, path, "*")
		require.NotContains(t, path, "+")
		require.NotContains(t, path, "{")
	}
}

// checkValues wants the author's strings where they belong, unchanged.
func checkValues(t *testing.T, a author) {
	jobs := jobspecs.Jobs(a.platform())
	app := jobs[len(jobs)-1]
	text := jobspecs.Render(app.Spec)
	d := parseDocument(t, text)
	const task = "/job/group/task"
	for place, want := range map[string]any{
		"/job/region":                    "x" + a.label,
		"/job/namespace":                 "x" + a.label,
		"/job/datacenters":               []any{a.label},
		task + "/config/args":            []any{"first", a.arg},
		task + "/template/data":          *app.Spec.TaskGroups[0].Tasks[0].Templates[0].EmbeddedTmpl,
		task + "/vault/role":             "drover-" + string(app.ID),
		"/job/group/service/port":        "http",
		"/job/meta/" + jobspecs.MetaHash: app.Hash,
		"/job/ui/description":            app.Spec.UI.Description,
		"/job/group/volume/source":       string(app.Volume.ID),
		task + "/template/destination":   "${NOMAD_SECRETS_DIR}/env",
		task + "#":                       "app",
		"/job/group/service/check/path":  "/",
	} {
		if place == "/job/region" || place == "/job/namespace" || place == "/job/ui/description" {
			want = norm.NFC.String(want.(string)) // Drover's own text may merge with the author's
		}
		require.Equal(t, want, d.value(t, place), "%s in\n%s", place, text)
	}
	require.Equal(t, a.image, d.value(t, task+"/config/image"))
	for place, want := range map[string]string{
		task + "/config/command":          a.command,
		task + "/user":                    a.value,
		"/job/group/constraint/attribute": a.attribute,
		"/job/group/constraint/value":     a.value,
	} {
		if want != "" { // what is empty is left out, and reads the same
			require.Equal(t, want, d.value(t, place), "%s in\n%s", place, text)
		}
	}
	env := map[string]any{"AWS_CUSTOMER_BUCKET": a.bucket}
	if a.envKey != "AWS_CUSTOMER_BUCKET" && a.envKey != "AWS_REGION" {
		env[a.envKey] = a.envValue
	}
	for key, want := range env {
		require.Equal(t, want, d.environment(t)[key], "%q", key)
	}
	runner := parseDocument(t, jobspecs.Render(jobs[2].Spec))
	require.Equal(t, a.device, runner.value(t, task+"/resources/device#"))
	// The width of a key that is not ASCII is a matter of opinion.
	if !strings.ContainsFunc(a.envKey, func(r rune) bool { return r > unicode.MaxASCII }) {
		require.Equal(t, string(hclwrite.Format(text)), string(text))
	}
}

// environment is the task's environment, however it is written.
func (d *document) environment(t testing.TB) map[string]any {
	task := d.body.Blocks[0].Body.Blocks
	for _, b := range task {
		if b.Type != "group" {
			continue
		}
		for _, b := range b.Body.Blocks {
			if b.Type != "task" {
				continue
			}
			if attr, ok := b.Body.Attributes["env"]; ok {
				return d.evaluate(t, attr.Expr).(map[string]any)
			}
			for _, b := range b.Body.Blocks {
				if b.Type == "env" {
					out := map[string]any{}
					for name, attr := range b.Body.Attributes {
						out[name] = d.evaluate(t, attr.Expr)
					}
					return out
				}
			}
		}
	}
	return nil
}
