package hub

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

var update = flag.Bool("update", false, "write the golden files")

// childVar makes the test binary a Hub: its value is the database's path.
const childVar = "DROVER_TEST_HUB_DATABASE"

const testSecret = "0123456789abcdef0123456789abcdef0123"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVar); path != "" {
		os.Exit(child(path))
	}
	os.Exit(m.Run())
}

func child(path string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server, err := New(Config{Listen: "127.0.0.1:0", DatabaseURL: path, SharedSecret: services.NewToken(testSecret)})
	if err == nil {
		err = server.Listen()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("http://" + server.Addr())
	if err := server.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// hub is a Hub under test.
type hub struct {
	t      *testing.T
	path   string
	clock  *clock
	server *Server
	http   *httptest.Server
}

func testConfig(t *testing.T, path string) Config {
	return Config{
		DatabaseURL: path, SharedSecret: services.NewToken(testSecret), Version: "1.2.3",
		Logger: hclog.New(&hclog.LoggerOptions{Output: t.Output(), Level: hclog.Debug}),
	}
}

func startHub(t *testing.T, path string, adapt func(*Config)) *hub {
	t.Helper()
	h := &hub{t: t, path: path, clock: &clock{now: time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)}}
	cfg := testConfig(t, path)
	cfg.Now = h.clock.Now
	if adapt != nil {
		adapt(&cfg)
	}
	server, err := New(cfg)
	require.NoError(t, err)
	h.server, h.http = server, httptest.NewServer(server.Handler())
	t.Cleanup(h.stop)
	return h
}

func newHub(t *testing.T) *hub {
	return startHub(t, filepath.Join(t.TempDir(), "watchful.db"), nil)
}

func (h *hub) stop() {
	h.http.Close()
	require.NoError(h.t, h.server.Close())
}

// do sends a request; header is "Name: value" or "".
func (h *hub) do(method, path, header, body string) (int, string) {
	h.t.Helper()
	status, reply, err := send(h.http.URL, method, path, header, body)
	require.NoError(h.t, err)
	return status, reply
}

func send(base, method, path, header, body string) (int, string, error) {
	request, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

// register registers a user whose password is "password-<name>".
func (h *hub) register(name string) {
	h.t.Helper()
	status, body := h.do("POST", "/remote", "", registration(name))
	require.Equal(h.t, 200, status, body)
}

func registration(name string) string {
	return fmt.Sprintf(`{"verb":"register","username":%q,"email":"%s@example.org","password":"password-%s"}`, name, name, name)
}

// signIn returns the header of a signed-in user.
func (h *hub) signIn(name string) string {
	h.t.Helper()
	status, body := h.do("POST", "/remote/login", "", fmt.Sprintf(`{"email":"%s@example.org","password":"password-%s"}`, name, name))
	require.Equal(h.t, 200, status, body)
	var reply tokenReply
	require.NoError(h.t, json.Unmarshal([]byte(body), &reply))
	return "Authorization: Bearer " + reply.Token
}

// call sends a verb and returns its reply, which must be a success.
func (h *hub) call(header string, verb map[string]any) map[string]any {
	h.t.Helper()
	body, err := json.Marshal(verb)
	require.NoError(h.t, err)
	status, reply := h.do("POST", "/remote", header, string(body))
	require.Equal(h.t, 200, status, reply)
	var fields map[string]any
	require.NoError(h.t, json.Unmarshal([]byte(reply), &fields))
	return fields
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
