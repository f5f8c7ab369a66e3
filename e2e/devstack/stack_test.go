//go:build e2e

package devstack

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// start starts a stack that ends with the test.
func start(t *testing.T, cfg Config) *Stack {
	t.Helper()
	cfg.Progress = t.Output()
	cfg.Logger = hclog.New(&hclog.LoggerOptions{Output: t.Output()})
	s, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.WithoutCancel(t.Context()))) })
	return s
}

// helper builds the task that the tests run.
func helper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "helper")
	cmd := exec.Command("go", "build", "-o", path, "./testdata/helper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

func (s *Stack) managed(name string) server {
	switch name {
	case "nomad":
		return server{address: s.Nomad, header: "X-Nomad-Token", token: s.Management.Nomad.Reveal()}
	case "consul":
		return server{address: s.Consul, header: "X-Consul-Token", token: s.Management.Consul.Reveal()}
	default:
		return server{address: s.Vault, header: "X-Vault-Token", token: s.Management.Vault.Reveal()}
	}
}

func (s *Stack) drover(name string) server {
	as := s.managed(name)
	as.token = map[string]services.Token{"nomad": s.Drover.Nomad, "consul": s.Drover.Consul, "vault": s.Drover.Vault}[name].Reveal()
	return as
}

const secretPath = "/v1/secret/data/drover/web/app"

// web is a job that serves a secret, which it reads as its workload identity
// through the default role.
func web() object {
	return object{"Job": object{
		"ID": "web", "Name": "web", "Type": "service", "Namespace": "drover", "Datacenters": []string{"dc1"},
		"TaskGroups": []object{{
			"Name": "web", "Count": 1,
			"Networks": []object{{"DynamicPorts": []object{{"Label": "http"}}}},
			"Update":   object{"MinHealthyTime": int64(time.Millisecond), "HealthCheck": "task_states"},
			"Services": []object{{
				"Name": "web", "PortLabel": "http", "Provider": "consul",
				"Checks": []object{{"Type": "http", "Path": "/", "Interval": int64(time.Second), "Timeout": int64(time.Second)}},
			}},
			"Tasks": []object{{
				"Name": "web", "Driver": "exec",
				"Config": object{"command": droverInTask},
				"Env":    object{"ADDRESS": "127.0.0.1:${NOMAD_PORT_http}", "SAVE": "${NOMAD_ALLOC_DIR}/data/saved"},
				"Vault":  object{},
				"Templates": []object{{
					"EmbeddedTmpl": `SECRET={{ with secret "secret/data/drover/web/app" }}{{ .Data.data.value }}{{ end }}`,
					"DestPath":     "${NOMAD_SECRETS_DIR}/env", "Envvars": true, "ChangeMode": "noop",
				}},
				"Resources": object{"CPU": 50, "MemoryMB": 32},
			}},
		}},
	}}
}

// runWeb writes the secret, registers the job as Drover, and waits until it
// serves.
func runWeb(t *testing.T, s *Stack) instance {
	t.Helper()
	require.NoError(t, s.managed("vault").call(t.Context(), http.MethodPost, secretPath, object{"data": object{"value": "hush"}}, nil))
	require.NoError(t, s.drover("nomad").call(t.Context(), http.MethodPut, "/v1/jobs?namespace=drover", web(), nil))
	return findWeb(t, s, "hush")
}

// instance is a passing instance of the service in Consul.
type instance struct {
	Service struct {
		ID      string
		Address string
		Port    int
	}
}

// findWeb waits until Consul says that the job passes and it serves want.
func findWeb(t *testing.T, s *Stack, want string) instance {
	t.Helper()
	var found []instance
	require.NoError(t, wait(t.Context(), s.Done(), time.Minute, func(ctx context.Context) error {
		if err := s.drover("consul").call(ctx, http.MethodGet, "/v1/health/service/web?passing=1", nil, &found); err != nil {
			return err
		}
		if len(found) != 1 {
			return io.ErrUnexpectedEOF
		}
		text, err := get(ctx, url(found[0].Service.Port))
		if err == nil && text != want {
			return &apiError{detail: "it serves " + text}
		}
		return err
	}))
	return found[0]
}

func get(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func TestStack_KeepsStateAndTasksSave(t *testing.T) {
	dir, program := t.TempDir(), helper(t)
	first := start(t, Config{Dir: dir, DroverBinary: program})
	before := runWeb(t, first)
	require.NoError(t, first.managed("consul").call(t.Context(), http.MethodPut, "/v1/kv/kept", "value", nil))

	began := time.Now()
	require.NoError(t, first.Stop(t.Context()))
	t.Logf("stopped in %s", time.Since(began).Round(time.Millisecond))
	requireGone(t, dir, first.Node, nil)
	saved, err := filepath.Glob(filepath.Join(dir, "nomad/data/alloc/*/alloc/data/saved"))
	require.NoError(t, err)
	require.Len(t, saved, 1, "the task was not given time to save")

	second := start(t, Config{Dir: dir, DroverBinary: program})
	require.Equal(t, first.Ports, second.Ports)
	require.Equal(t, first.Drover, second.Drover, "tokens are made once")
	require.False(t, second.Bootstrap.Changed(), "%v", second.Bootstrap.Steps)
	began = time.Now()
	after := findWeb(t, second, "hush")
	t.Logf("served again %s after the start", time.Since(began).Round(time.Millisecond))
	require.Equal(t, before.Service.ID, after.Service.ID, "the same allocation goes on")

	var kept string
	require.NoError(t, second.managed("consul").call(t.Context(), http.MethodGet, "/v1/kv/kept?raw", nil, &kept))
	require.Equal(t, "value", kept)
}

func TestStack_ServersComeBack(t *testing.T) {
	s := start(t, Config{Dir: t.TempDir(), DroverBinary: helper(t)})
	before := runWeb(t, s)
	tasks := len(descendants(t, s.process.cmd.Process.Pid))
	for _, name := range []string{"nomad", "consul", "vault"} {
		srv := s.Server(name)
		require.NoError(t, srv.Kill(t.Context()))
		require.False(t, srv.Running())
		require.Error(t, srv.Kill(t.Context()))
		text, err := get(t.Context(), url(before.Service.Port))
		require.NoError(t, err, "the task goes on without %s", name)
		require.Equal(t, "hush", text)
		began := time.Now()
		require.NoError(t, srv.Start(t.Context()))
		t.Logf("%s is back after %s", name, time.Since(began).Round(time.Millisecond))
		require.True(t, srv.Running())
		require.Equal(t, before.Service, findWeb(t, s, "hush").Service)
	}
	require.NoError(t, s.Server("nomad").Restart(t.Context()))
	require.Equal(t, before.Service, findWeb(t, s, "hush").Service)
	require.Eventually(t, func() bool { return len(descendants(t, s.process.cmd.Process.Pid)) == tasks }, 20*time.Second, 100*time.Millisecond,
		"something was left or started twice: %v", descendants(t, s.process.cmd.Process.Pid))
}

// A context that ends kills what would take its time.
func TestStack_StopAtOnce(t *testing.T) {
	s, err := Start(t.Context(), Config{Dir: t.TempDir(), DroverBinary: helper(t), Progress: t.Output()})
	require.NoError(t, err)
	runWeb(t, s)
	procs := descendants(t, s.process.cmd.Process.Pid)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Stop(ctx), context.Canceled)
	requireGone(t, s.Dir(), s.Node, procs)
}

func TestStack_TwoAtOnce(t *testing.T) {
	a := start(t, Config{Dir: t.TempDir()})
	b := start(t, Config{Dir: t.TempDir()})
	require.NotEqual(t, a.Ports, b.Ports)
	require.NotEqual(t, a.Node, b.Node)
	for _, s := range []*Stack{a, b} {
		require.NoError(t, s.drover("nomad").call(t.Context(), http.MethodGet, "/v1/jobs?namespace=drover", nil, nil))
	}
	require.Error(t, (server{address: a.Nomad, header: "X-Nomad-Token", token: b.Management.Nomad.Reveal()}).
		call(t.Context(), http.MethodGet, "/v1/jobs", nil, nil))

	_, err := Start(t.Context(), Config{Dir: a.Dir()})
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.ErrorContains(t, err, "is in use by process "+itoa(os.Getpid()))
}

func TestStack_StartFails(t *testing.T) {
	_, err := Start(t.Context(), Config{Dir: t.TempDir(), Binaries: Binaries{Nomad: "/bin/false", Consul: "/bin/false", Vault: "/bin/false"}, Progress: t.Output()})
	require.ErrorContains(t, err, "start consul: it ended")
	_, err = Start(t.Context(), Config{Dir: t.TempDir(), Binaries: Binaries{Nomad: "/nowhere", Consul: "/nowhere", Vault: "/nowhere"}, Progress: t.Output()})
	require.ErrorContains(t, err, "no such file or directory")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = Start(ctx, Config{Dir: dir, Progress: t.Output()})
	require.Error(t, err)
	requireGone(t, dir, newState(dir).Name, nil)
	// What was cut short goes on.
	start(t, Config{Dir: dir})
}
