//go:build e2e

package consul_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/e2e/devstack"
	"github.com/drover-platform/drover/services"
)

const managementToken = "11111111-2222-3333-4444-555555555555"

// withACLs is configuration that turns ACLs on.
const withACLs = `acl {
  enabled        = true
  default_policy = "deny"
  tokens {
    initial_management = "` + managementToken + `"
    agent              = "` + managementToken + `"
  }
}
`

// address is where the Consul of these tests listens, with ACLs on.
var address string

func TestMain(m *testing.M) {
	server, err := startConsul(true, withACLs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	address = server.address
	code := m.Run()
	server.stop()
	os.Exit(code)
}

// server is a Consul process of the tests.
type server struct {
	address string
	cmd     *exec.Cmd
	home    string
}

// startConsul starts a Consul agent on free loopback ports with a clean
// environment and waits until it leads, or just answers. It dies with the
// test's process.
func startConsul(leads bool, config string) (*server, error) {
	found, err := devstack.Find(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "drover-consul-*")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	config += fmt.Sprintf("ports {\n  http = %d\n  server = %d\n  serf_lan = %d\n  serf_wan = -1\n  dns = -1\n  grpc = -1\n  grpc_tls = -1\n}\n", ports[0], ports[1], ports[2])
	if err := os.WriteFile(filepath.Join(home, "consul.hcl"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	args := []string{"agent", "-bind=127.0.0.1", "-client=127.0.0.1", "-config-file=consul.hcl", "-log-level=warn"}
	if leads {
		args = append(args, "-dev")
	} else {
		args = append(args, "-server", "-bootstrap-expect=2", "-data-dir=data")
	}
	s := &server{address: fmt.Sprintf("http://127.0.0.1:%d", ports[0]), home: home, cmd: exec.Command(found.Consul, args...)}
	var log bytes.Buffer
	s.cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = home, &log, &log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if s.ready(leads, config) {
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return nil, errors.New("Consul did not start:\n" + log.String())
}

// ready reports whether the server answers and, if it is to lead, that it
// leads and knows its management token.
func (s *server) ready(leads bool, config string) bool {
	paths := []string{"/v1/status/leader"}
	if leads && strings.Contains(config, managementToken) {
		paths = append(paths, "/v1/acl/token/self")
	}
	for _, path := range paths {
		req, err := http.NewRequest(http.MethodGet, s.address+path, nil)
		if err != nil {
			return false
		}
		req.Header.Set("X-Consul-Token", managementToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || leads && !strings.Contains(body.String(), ":") {
			return false
		}
	}
	return true
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.home)
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func clientAt(t testing.TB, address, token string) *consul.Client {
	t.Helper()
	c, err := consul.New(consul.Config{Address: address, Token: services.NewToken(token)})
	require.NoError(t, err)
	return c
}

// shared is one client: Consul refuses more than 200 connections from one
// address.
var shared = sync.OnceValues(func() (*api.Client, error) {
	return api.NewClient(&api.Config{Address: address, Token: managementToken})
})

// raw returns the SDK's client, for what the tests set up.
func raw(t testing.TB) *api.Client {
	t.Helper()
	c, err := shared()
	require.NoError(t, err)
	return c
}

// newToken makes a token that may do what the rules say.
func newToken(t testing.TB, name, rules string) *api.ACLToken {
	t.Helper()
	_, _, err := raw(t).ACL().PolicyCreate(&api.ACLPolicy{Name: name, Rules: rules}, nil)
	require.NoError(t, err)
	token, _, err := raw(t).ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{Name: name}}}, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = raw(t).ACL().TokenDelete(token.AccessorID, nil)
		old, _, err := raw(t).ACL().PolicyReadByName(name, nil)
		require.NoError(t, err)
		_, err = raw(t).ACL().PolicyDelete(old.ID, nil)
		require.NoError(t, err)
	})
	return token
}

// register puts an instance with a check on a node of its own making, and
// takes the node away at the end of the test.
func register(t testing.TB, node, service, id, status string, tags ...string) {
	t.Helper()
	_, err := raw(t).Catalog().Register(&api.CatalogRegistration{
		Node: node, Address: "10.0.0.1",
		Service: &api.AgentService{ID: id, Service: service, Tags: tags, Port: 9001, Address: "10.1.1.1"},
		Checks:  api.HealthChecks{{Node: node, CheckID: "check-" + id, Name: "ready", Status: status, Output: "says " + status, ServiceID: id, ServiceName: service}},
	}, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := raw(t).Catalog().Deregister(&api.CatalogDeregistration{Node: node}, nil)
		require.NoError(t, err)
	})
}
