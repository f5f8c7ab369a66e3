//go:build e2e

package vault_test

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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/e2e/devstack"
	"github.com/drover-platform/drover/services"
)

const rootToken = "root"

// address is where the Vault of these tests listens.
var address string

func TestMain(m *testing.M) {
	server, err := startVault("server", "-dev", "-dev-no-store-token", "-dev-root-token-id="+rootToken)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	address = server.address
	code := m.Run()
	server.stop()
	os.Exit(code)
}

// server is a Vault process of the tests.
type server struct {
	address string
	cmd     *exec.Cmd
	home    string
}

// startVault starts Vault on a free loopback port with a clean environment and
// waits until it answers. It dies with the test's process.
func startVault(args ...string) (*server, error) {
	found, err := devstack.Find(context.Background(), os.Stderr)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "drover-vault-*")
	if err != nil {
		return nil, err
	}
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	if args[1] == "-dev" {
		args = append(args, "-dev-listen-address="+addr)
	} else {
		config := filepath.Join(home, "vault.hcl")
		text := fmt.Sprintf("storage \"inmem\" {}\ndisable_mlock = true\nlistener \"tcp\" {\n  address = %q\n  tls_disable = true\n}\n", addr)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			return nil, err
		}
		args = []string{"server", "-config=" + config}
	}
	s := &server{address: "http://" + addr, home: home, cmd: exec.Command(found.Vault, args...)}
	var log bytes.Buffer
	s.cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = home, &log, &log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := http.StatusOK
	if args[1] != "-dev" {
		ready = http.StatusNotImplemented // not initialized
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if resp, err := http.Get(s.address + "/v1/sys/health"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == ready {
				return s, nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return nil, errors.New("Vault did not start:\n" + log.String())
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.home)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// client returns a client of the tests' Vault.
func client(t testing.TB, token string) *vault.Client {
	t.Helper()
	return clientAt(t, address, token)
}

func clientAt(t testing.TB, address, token string) *vault.Client {
	t.Helper()
	c, err := vault.New(vault.Config{Address: address, Token: services.NewToken(token)})
	require.NoError(t, err)
	return c
}

// raw returns the SDK's client, for what the tests set up and look at.
func raw(t testing.TB, address, token string) *api.Client {
	t.Helper()
	conf := api.DefaultConfig()
	conf.Address = address
	c, err := api.NewClient(conf)
	require.NoError(t, err)
	c.SetToken(token)
	return c
}

var counter atomic.Int64

// unique keeps tests that run more than once on one server apart.
func unique(name string) string { return fmt.Sprintf("%s-%d", name, counter.Add(1)) }

// write and read go around Drover.
func write(t testing.TB, path string, data map[string]any) *api.Secret {
	t.Helper()
	s, err := raw(t, address, rootToken).Logical().WriteWithContext(context.Background(), path, data)
	require.NoError(t, err)
	return s
}

func read(t testing.TB, path string) map[string]any {
	t.Helper()
	s, err := raw(t, address, rootToken).Logical().ReadWithContext(t.Context(), path)
	require.NoError(t, err)
	if s == nil {
		return nil
	}
	return s.Data
}
