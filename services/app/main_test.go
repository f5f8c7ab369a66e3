package app

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// childVar makes the test binary an App: its value is the home folder. It
// prints its address and runs until it is told to stop, or killed.
const childVar = "DROVER_TEST_APP_HOME"

func TestMain(m *testing.M) {
	if home := os.Getenv(childVar); home != "" {
		os.Exit(child(home))
	}
	os.Exit(m.Run())
}

func child(home string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server, err := New(Config{Listen: "127.0.0.1:0", Home: home, Logger: hclog.New(&hclog.LoggerOptions{Output: os.Stderr})})
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

// app is an App under test.
type app struct {
	t      *testing.T
	home   string
	server *Server
	http   *httptest.Server
}

// testConfig has a clock that stands still and IDs that can be foretold.
func testConfig(t *testing.T, home string) Config {
	next := 0
	return Config{
		Home: home, Version: "1.2.3",
		Now: func() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) },
		NewID: func() string {
			next++
			return fmt.Sprintf("project-%d-%d", next, len(mustDir(t, filepath.Join(home, "projects"))))
		},
		Logger: hclog.New(&hclog.LoggerOptions{Output: t.Output(), Level: hclog.Debug}),
	}
}

func mustDir(t *testing.T, dir string) []os.DirEntry {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	return entries
}

func startApp(t *testing.T, home string) *app {
	t.Helper()
	server, err := New(testConfig(t, home))
	require.NoError(t, err)
	a := &app{t: t, home: home, server: server, http: httptest.NewServer(server.Handler())}
	t.Cleanup(a.stop)
	return a
}

// stop stops the App as SIGTERM does.
func (a *app) stop() {
	a.http.Close()
	require.NoError(a.t, a.server.Close())
}

// do sends a request and returns status and body.
func (a *app) do(method, path, contentType, body string) (int, string) {
	a.t.Helper()
	return send(a.t, a.http.URL, method, path, contentType, strings.NewReader(body))
}

func send(t *testing.T, base, method, path, contentType string, body io.Reader) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, body)
	require.NoError(t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// upload takes a CSV file through the contract's steps up to a dataset.
func (a *app) upload(id, csv string) {
	a.t.Helper()
	status, body := a.do("POST", "/api/_stream/"+id+"/0/true", "text/csv", csv)
	require.Equal(a.t, 200, status, body)
	status, body = a.do("POST", "/api/_stream/"+id, "application/json", `{"filename":"a.csv","has_header":true}`)
	require.Equal(a.t, 200, status, body)
	require.JSONEq(a.t, `{"id":"`+id+`"}`, body)
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

// sample returns the sample file.
func sample(t *testing.T, rows int) []byte {
	var out bytes.Buffer
	require.NoError(t, WriteSample(&out, rows))
	return out.Bytes()
}
