package devstack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/drover-platform/drover/agent/bootstrap"
	"github.com/drover-platform/drover/agent/vault"
)

// layout is the state folder.
type layout string

func (d layout) path(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}
func (d layout) config(server string) string { return d.path(server, "config.json") }
func (d layout) data(server string) string   { return d.path(server, "data") }
func (d layout) log(server string) string    { return d.path("logs", server+".log") }
func (d layout) seed() string                { return d.path("nomad", "server.json") }
func (d layout) drover() string              { return d.path("bin", "drover") }

// object is a JSON object. The three servers read their configuration as JSON
// as well as HCL, and JSON needs no quoting rules of our own.
type object map[string]any

// settings is everything that the servers' configuration depends on.
type settings struct {
	dir       layout
	state     *state
	hasDrover bool   // DIR/bin/drover exists
	docker    bool   // use the Docker engine
	cgroup2   bool   // the machine has the unified hierarchy alone
	cni       string // folder of CNI plug-ins, "" for none
}

// write renders and writes all configuration files.
func (s settings) write() error {
	for _, dir := range []string{s.dir.path("logs"), s.dir.data("consul"), s.dir.data("vault"), s.dir.data("nomad")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make a folder of the stack: %w", err)
		}
	}
	for _, dir := range []string{"plugins", "cni", "volumes"} {
		if err := os.MkdirAll(s.dir.path("nomad", dir), 0o755); err != nil {
			return fmt.Errorf("make a folder of the stack: %w", err)
		}
	}
	seed := s.nomad()
	delete(seed, "client")
	for path, config := range map[string]object{
		s.dir.config("consul"): s.consul(),
		s.dir.config("vault"):  s.vault(),
		s.dir.config("nomad"):  s.nomad(),
		s.dir.seed():           seed,
	} {
		text, err := json.MarshalIndent(config, "", "  ")
		if err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
		if err := writeFile(path, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s settings) consul() object {
	return object{
		"node_name":               s.state.Name,
		"datacenter":              "dc1",
		"data_dir":                s.dir.data("consul"),
		"server":                  true,
		"bootstrap_expect":        1,
		"bind_addr":               "127.0.0.1",
		"client_addr":             "127.0.0.1",
		"advertise_addr":          "127.0.0.1",
		"disable_update_check":    true,
		"leave_on_terminate":      false,
		"skip_leave_on_interrupt": true,
		"ui_config":               object{"enabled": false},
		"connect":                 object{"enabled": false},
		"performance":             object{"raft_multiplier": 1},
		"ports": object{
			"http": s.state.Ports.ConsulHTTP, "https": -1, "dns": -1, "grpc": -1, "grpc_tls": -1,
			"server": s.state.Ports.ConsulServer, "serf_lan": s.state.Ports.ConsulSerf, "serf_wan": -1,
		},
		"acl": object{
			"enabled":        true,
			"default_policy": "deny",
			"down_policy":    "extend-cache",
			"tokens":         object{"agent": s.state.ConsulAgent},
		},
	}
}

func (s settings) vault() object {
	return object{
		"ui":            false,
		"disable_mlock": true,
		"api_addr":      url(s.state.Ports.VaultHTTP),
		"cluster_addr":  url(s.state.Ports.VaultCluster),
		"storage": object{"raft": object{
			"path": s.dir.data("vault"), "node_id": s.state.Name, "performance_multiplier": 1,
		}},
		"listener": object{"tcp": object{
			"address": local(s.state.Ports.VaultHTTP), "cluster_address": local(s.state.Ports.VaultCluster), "tls_disable": true,
		}},
	}
}

func (s settings) nomad() object {
	p := s.state.Ports
	return object{
		"name":                 s.state.Name,
		"region":               "global",
		"datacenter":           "dc1",
		"data_dir":             s.dir.data("nomad"),
		"plugin_dir":           s.dir.path("nomad", "plugins"),
		"bind_addr":            "127.0.0.1",
		"disable_update_check": true,
		// Stopping the agent leaves tasks running: a test kills and restarts it.
		"leave_on_interrupt": false,
		"leave_on_terminate": false,
		"ports":              object{"http": p.NomadHTTP, "rpc": p.NomadRPC, "serf": p.NomadSerf},
		"advertise":          object{"http": "127.0.0.1", "rpc": "127.0.0.1", "serf": "127.0.0.1"},
		"acl":                object{"enabled": true},
		"server": object{
			"enabled":             true,
			"bootstrap_expect":    1,
			"raft_multiplier":     1,
			"heartbeat_grace":     "10s",
			"client_introduction": object{"enforcement": "none"},
		},
		"client": s.client(),
		"plugin": s.plugins(),
		"consul": object{
			"address":          local(p.ConsulHTTP),
			"token":            s.state.ConsulNomad,
			"server_auto_join": false,
			"client_auto_join": false,
			"service_identity": object{"aud": []string{bootstrap.ConsulAudience}, "ttl": "1h"},
			"task_identity":    object{"aud": []string{bootstrap.ConsulAudience}, "ttl": "1h"},
		},
		"vault": object{
			"enabled":               true,
			"address":               url(p.VaultHTTP),
			"jwt_auth_backend_path": bootstrap.DefaultAuth,
			"create_from_role":      bootstrap.VaultDefaultRole,
			"default_identity":      object{"aud": []string{vault.Audience}, "ttl": "1h"},
		},
	}
}

func (s settings) client() object {
	// A task's root holds these files alone: linking Nomad's default, half the
	// machine, takes tens of seconds a task.
	root := object{"/etc/passwd": "/etc/passwd", "/etc/group": "/etc/group", "/etc/hosts": "/etc/hosts"}
	if s.hasDrover {
		root[s.dir.drover()] = droverInTask
	}
	options := object{"fingerprint.denylist": "env_aws,env_gce,env_azure,env_digitalocean"}
	if !s.docker {
		options["driver.denylist"] = "docker"
	}
	client := object{
		"enabled":           true,
		"node_class":        "local",
		"network_interface": "lo", // ports are advertised on 127.0.0.1
		"cni_config_dir":    s.dir.path("nomad", "cni"),
		"min_dynamic_port":  s.state.Ports.DynamicMin,
		"max_dynamic_port":  s.state.Ports.DynamicMax,
		"host_volumes_dir":  s.dir.path("nomad", "volumes"),
		"options":           options,
		"chroot_env":        root,
		// The defaults, 5s and 4m, delay the first rendering by seconds.
		"template": object{"wait": object{"min": "100ms", "max": "1s"}},
	}
	if s.cni != "" {
		client["cni_path"] = s.cni
	}
	if s.cgroup2 {
		client["cgroup_parent"] = s.state.Name + ".slice"
	}
	return client
}

func (s settings) plugins() object {
	plugins := object{"raw_exec": object{"config": object{"enabled": true}}}
	if s.docker {
		plugins["docker"] = object{"config": object{
			"volumes":        object{"enabled": true},
			"nvidia_runtime": "runc", // else a simulated GPU asks for a runtime that is not there
			"extra_labels":   []string{"node_name"},
			"gc":             object{"image": false}, // an image that was built here cannot be pulled again
		}}
	}
	return plugins
}

// findCNI returns the folder of CNI plug-ins, "" when there is none.
func findCNI() string {
	for _, dir := range []string{"/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"} {
		if _, err := os.Stat(filepath.Join(dir, "bridge")); err == nil {
			return dir
		}
	}
	return ""
}
