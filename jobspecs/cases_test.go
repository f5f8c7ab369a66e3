package jobspecs_test

import (
	"strconv"

	"github.com/drover-platform/drover/services"
)

// platform is a platform with nothing in it yet.
func platform() *services.Platform {
	return &services.Platform{
		Name:        "acme",
		Identity:    "acme",
		Namespace:   "drover",
		Datacenters: []string{"dc1"},
		Vault:       services.VaultSettings{Mount: "secret", Auth: "jwt-nomad"},
	}
}

func volume(id services.JobID, mount string) *services.Volume {
	return &services.Volume{
		ID: id.VolumeID(), Owner: id, Class: "local", Plugin: "mkdir", NodePool: "apps", SizeMiB: 10240, Mount: mount,
	}
}

// userName is the name of the one user; no job may carry it.
const userName = "alice-liddell"

func app(w services.Workload) services.App {
	id := services.Derive(services.KindApp, "acme", userName, "labeller")
	return services.App{
		ID:       id,
		Profile:  "labeller",
		Owner:    services.Derive(services.KindUser, "acme", userName),
		User:     userName,
		Port:     9001,
		Workload: w,
		Volume:   volume(id, "/root/watchful"),
		Hub:      services.Derive(services.KindHub, "acme", "main"),
	}
}

func hub(w services.Workload) *services.Hub {
	id := services.Derive(services.KindHub, "acme", "main")
	return &services.Hub{ID: id, Name: "main", Port: 9005, Workload: w, Volume: volume(id, "/root")}
}

func builtin(driver services.Driver) services.Workload {
	w := services.Workload{
		Driver: driver, Builtin: true,
		Env:       map[string]string{"WATCHFUL_LOG": "debug"},
		Resources: services.Resources{CPU: 200, MemoryMiB: 128},
	}
	if driver == services.DriverDocker {
		w.Image = "drover.local/drover:1.0.0"
	} else {
		w.Command = "/bin/drover"
	}
	return w
}

func thirdParty(image string) services.Workload {
	return services.Workload{
		Driver:    services.DriverDocker,
		Image:     image,
		Env:       map[string]string{"WATCHFUL_LOG": "info", "DATABASE_URL": "/root/watchful.db"},
		Resources: services.Resources{CPU: 500, MemoryMiB: 1024},
		NodePool:  "apps",
	}
}

// cases are the platforms of the golden files, each with one job or a few.
func cases() map[string]*services.Platform {
	out := map[string]*services.Platform{}
	with := func(name string, change func(p *services.Platform)) {
		p := platform()
		change(p)
		out[name] = p
	}

	with("builtin-exec-hub", func(p *services.Platform) {
		w := builtin(services.DriverExec)
		w.Env["DATABASE_URL"] = "/root/watchful.db"
		w.Secrets = []services.Secret{{Env: "SHARED_SECRET", Generate: services.Generator{Encoding: "hex", Bytes: 36}}}
		p.Hub = hub(w)
	})
	with("builtin-exec-app", func(p *services.Platform) { p.Apps = []services.App{app(builtin(services.DriverExec))} })
	with("builtin-docker-app", func(p *services.Platform) { p.Apps = []services.App{app(builtin(services.DriverDocker))} })
	with("builtin-raw-exec-app", func(p *services.Platform) {
		a := app(builtin(services.DriverRawExec))
		a.Volume, a.Hub = nil, ""
		p.Apps = []services.App{a}
	})
	with("docker-hub", func(p *services.Platform) {
		p.Region = "eu"
		p.Hub = hub(thirdParty("registry.example/production/watchful-hub:3.0.1234"))
	})
	with("docker-app-cores", func(p *services.Platform) {
		w := thirdParty("registry.example/production/watchful:3.0.1234")
		w.Resources = services.Resources{Cores: 4, MemoryMiB: 800}
		w.User = "1000:1000"
		w.Command, w.Args = "/usr/bin/watchful", []string{"-p", "9001", "--attributes", "/root/watchful/attributes", "--upgrade"}
		w.Constraints = []services.Constraint{
			{Attribute: "${attr.kernel.name}", Operator: "=", Value: "linux"},
			{Attribute: "${meta.zone}", Operator: "regexp", Value: "^eu-[0-9]+$"},
		}
		p.Apps = []services.App{app(w)}
	})
	with("secrets-and-s3", func(p *services.Platform) {
		w := thirdParty("registry.example/production/watchful-hub:3.0.1234")
		w.Secrets = []services.Secret{
			{Env: "DATABASE_PASSWORD", VaultPath: "database/creds/hub", VaultKey: "password"},
			{Env: "LICENCE", VaultPath: "secret/data/team/hub", VaultKey: "licence-key"},
			{Env: "SHARED_SECRET", Generate: services.Generator{Encoding: "hex", Bytes: 36}},
			{Env: "WATCHFUL_KEY", VaultPath: "secret/data/team/hub", VaultKey: "key"},
		}
		w.S3 = &services.S3{VaultPath: "aws/creds/hub", Bucket: "acme-labels", Region: "eu-central-1"}
		p.Hub = hub(w)
	})
	with("linkage", func(p *services.Platform) { p.Linkages = []services.Linkage{linkage("", "", "")} })
	with("linkage-pools", func(p *services.Platform) { p.Linkages = []services.Linkage{linkage("", "small", "large")} })
	with("gpu-runner", func(p *services.Platform) {
		w := thirdParty("registry.example/train:1.4.2")
		w.NodePool = "gpu"
		p.Runners = []services.Runner{{
			ID: services.Derive(services.KindRunner, "acme", "gpu"), Name: "gpu", Workload: w,
			Devices: []services.Device{
				{Name: "nvidia/gpu", Count: 1, MemoryOperator: ">=", MemoryMiB: 40960, Model: "H200"},
				{Name: "nvidia/gpu/A100", Count: 2},
			},
			MaxDuration: 96 * 3600,
		}}
	})
	with("mock-app", func(p *services.Platform) {
		a := app(services.Workload{Driver: services.DriverMock, Resources: services.Resources{CPU: 1, MemoryMiB: 10}})
		a.Volume = nil
		p.Apps = []services.App{a}
	})
	// What HCL itself gives a meaning to has to arrive as it was written.
	with("awkward-values", func(p *services.Platform) {
		w := thirdParty("registry.example/odd:1")
		w.Env = map[string]string{
			"ADDRESS":     "${NOMAD_PORT_http} and $${escaped} and %{ if true }",
			"dotted.name": "1",
			"LINES":       "one\n  two ${x}\nEOF\n",
			"QUOTES":      `"\" ` + "`" + `\n`,
			"UNICODE":     "žluťoučký \u2028 🐴\ttab\r\n",
		}
		w.Args = []string{"${NOMAD_ADDR_http}", "<<EOT", "$$${x}", "%%%{y}", "a=${b", "", "\x01"}
		w.Secrets = []services.Secret{{Env: "KEY", VaultPath: "kv/team", VaultKey: `}}"{{ $x`}}
		p.Hub = hub(w)
	})
	return out
}

func linkage(api, compute, high string) services.Linkage {
	worker := func(name, pool string, memory, count int, queues ...string) services.WorkerGroup {
		w := thirdParty("registry.example/pprl:2.1.0")
		w.NodePool, w.Env = pool, nil
		w.Resources = services.Resources{Cores: 2, MemoryMiB: memory}
		return services.WorkerGroup{Name: name, Count: count, Min: count, Max: count * 2, Queues: queues, Workload: w}
	}
	front := thirdParty("registry.example/pprl:2.1.0")
	front.NodePool = api
	front.Secrets = []services.Secret{{Env: "TOKEN", Generate: services.Generator{Encoding: "base64", Bytes: 32}}}
	return services.Linkage{
		ID:   services.Derive(services.KindLinkage, "acme", "pprl"),
		Name: "pprl",
		API:  services.LinkageAPI{Count: 2, Port: 8851, Workload: front},
		Workers: []services.WorkerGroup{
			worker("compute", compute, 1024, 4, "compute"),
			worker("highmemory", high, 8192, 1, "compute", "highmemory"),
		},
	}
}

// manyApps is a platform of n Apps with a volume, a secret and a Hub, as
// customers have them.
func manyApps(n int) *services.Platform {
	p := platform()
	for i := range n {
		w := thirdParty("registry.example/production/watchful:3.0.1234")
		w.Resources = services.Resources{Cores: 4, MemoryMiB: 800}
		w.Secrets = []services.Secret{{Env: "KEY", Generate: services.Generator{Encoding: "hex", Bytes: 36}}}
		a := app(w)
		a.ID = services.Derive(services.KindApp, "acme", strconv.Itoa(i))
		a.Owner = services.Derive(services.KindUser, "acme", strconv.Itoa(i))
		a.Volume = volume(a.ID, "/root/watchful")
		p.Apps = append(p.Apps, a)
	}
	return p
}
