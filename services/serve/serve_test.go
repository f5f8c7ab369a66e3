package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestLevel(t *testing.T) {
	for value, want := range map[string]hclog.Level{
		"": hclog.Info, "trace": hclog.Trace, "debug": hclog.Debug, "info": hclog.Info, "warn": hclog.Warn, "error": hclog.Error, " WARN ": hclog.Warn,
	} {
		got, err := Level(value)
		require.NoError(t, err)
		require.Equal(t, want, got, value)
	}
	for _, value := range []string{"off", "warning", "loud", "0", "info,debug"} {
		_, err := NewLogger("x", io.Discard, value)
		require.EqualError(t, err, fmt.Sprintf("WATCHFUL_LOG is %q, which is not a log level. Set it to one of trace, debug, info, warn, error, or leave it out for info", value))
	}
	var out bytes.Buffer
	logger, err := NewLogger("hub", &out, "warn")
	require.NoError(t, err)
	logger.Info("quiet")
	logger.Warn("loud")
	require.NotContains(t, out.String(), "quiet")
	require.Contains(t, out.String(), "hub: loud")
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	one, err := TakeLock(path, "the thing")
	require.NoError(t, err)
	_, err = TakeLock(path, "the thing")
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.EqualError(t, err, "another process uses the thing. Stop it first: one process alone may write there (its lock is "+path+")")
	require.NoError(t, one.Close())
	require.NoError(t, one.Close())
	two, err := TakeLock(path, "the thing")
	require.NoError(t, err)
	require.NoError(t, two.Close())
	_, err = TakeLock(filepath.Join(path, "x"), "the thing")
	require.Error(t, err)
}

func TestReadJSON(t *testing.T) {
	type in struct {
		Name  string   `json:"name"`
		Count int      `json:"count"`
		List  []string `json:"list"`
		Flag  bool     `json:"flag"`
	}
	for _, c := range []struct{ name, contentType, body, want string }{
		{"good", "application/json", `{"name":"x"}`, ""},
		{"good with charset", "application/json; charset=utf-8", " {} \n", ""},
		{"good without a type", "", `{}`, ""},
		{"empty", "", ``, "the body is empty. Send a JSON value"},
		{"not JSON", "", `{"name":`, "the body is not JSON: unexpected EOF. Send one JSON value in UTF-8"},
		{"text", "", `hello`, "the body is not JSON: invalid character 'h' looking for beginning of value. Send one JSON value in UTF-8"},
		{"unknown field", "", `{"nam":"x"}`, `the body has the unknown field "nam". Remove it, or look for a spelling mistake`},
		{"two values", "", `{}{}`, "the body has something after its JSON value. Send one JSON value"},
		{"not UTF-8", "", "{\"name\":\"\xff\"}", "the body is not UTF-8. Send one JSON value in UTF-8"},
		{"string for number", "", `{"count":"1"}`, `field "count" of the body cannot be a JSON string. It must be a number`},
		{"object for list", "", `{"list":{}}`, `field "list" of the body cannot be a JSON object. It must be a list`},
		{"number for boolean", "", `{"flag":1}`, `field "flag" of the body cannot be a JSON number. It must be a boolean`},
		{"list for object", "", `[]`, `the body cannot be a JSON array. It must be an object`},
		{"form", "application/x-www-form-urlencoded", `a=b`, `the body is "application/x-www-form-urlencoded". Send it with the header Content-Type: application/json`},
		{"broken type", "application;;", `{}`, `the body is "application;;". Send it with the header Content-Type: application/json`},
		{"too large", "", `{"name":"` + strings.Repeat("x", 100) + `"}`, "the request's body is larger than 64 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			request.Header.Set("Content-Type", c.contentType)
			if c.contentType == "" {
				request.Header.Del("Content-Type")
			}
			var value in
			err := ReadJSON(httptest.NewRecorder(), request, 64, &value)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
		})
	}
}

func TestVerb(t *testing.T) {
	name, err := Verb([]byte(`{"verb":"nop","more":[1]}`))
	require.NoError(t, err)
	require.Equal(t, "nop", name)
	name, err = Verb([]byte(`{}`))
	require.NoError(t, err)
	require.Empty(t, name)
	for _, body := range []string{``, `[]`, `7`, `{"verb":1}`, "{\"verb\":\"\xff\"}", `{"verb":"x"}}`} {
		_, err := Verb([]byte(body))
		require.Equal(t, services.CodeInvalid, services.ErrorCode(err), body)
	}
}

// TestHandler: what a client is told, and what the log is told.
func TestHandler(t *testing.T) {
	secret := errors.New("secret cause")
	for _, c := range []struct {
		name   string
		f      HandlerFunc
		status int
		body   string
		log    string
	}{
		{"known", func(http.ResponseWriter, *http.Request) error {
			return fmt.Errorf("wrapped: %w", services.Errorf(services.CodeConflict, "taken").WithHint("Choose another"))
		}, 409, `{"code":"conflict","error":"taken","hint":"Choose another"}`, "[DEBUG] request refused"},
		{"unknown", func(http.ResponseWriter, *http.Request) error { return secret }, 500,
			`{"code":"internal","error":"internal error","hint":"The server's log has the cause under this request"}`, "secret cause"},
		{"hidden cause", func(http.ResponseWriter, *http.Request) error {
			return &services.Error{Code: services.CodeUnavailable, Message: "not now", Err: secret}
		}, 503, `{"code":"unavailable","error":"not now"}`, "not now: secret cause"},
		{"panic", func(http.ResponseWriter, *http.Request) error { panic("boom") }, 500,
			`{"code":"internal","error":"internal error","hint":"The server's log has the cause under this request"}`, "cause=boom\n"},
		{"too large", func(http.ResponseWriter, *http.Request) error { return BodyError(&http.MaxBytesError{Limit: 5}) }, 413,
			`{"code":"invalid","error":"the request's body is larger than 5 bytes","hint":"Send less at once, or let the operator raise the limit"}`, "status=413"},
		{"fine", func(w http.ResponseWriter, _ *http.Request) error {
			WriteJSON(w, 200, map[string]string{"a": "<&>"})
			return nil
		}, 200, `{"a":"<&>"}`, ""},
		{"not JSON at all", func(w http.ResponseWriter, _ *http.Request) error {
			WriteJSON(w, 200, func() {})
			return nil
		}, 500, `{"code":"internal","error":"internal error"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			logger := hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Debug})
			recorder := httptest.NewRecorder()
			Handler(logger, c.f).ServeHTTP(recorder, httptest.NewRequest("GET", "/x", nil))
			require.Equal(t, c.status, recorder.Code)
			require.Equal(t, c.body, strings.TrimSpace(recorder.Body.String()))
			require.Contains(t, log.String(), c.log)
		})
	}
}

// TestHandler_CutsABegunReply: half a download must not look whole.
func TestHandler_CutsABegunReply(t *testing.T) {
	for name, end := range map[string]func() error{
		"error": func() error { return errors.New("disk") },
		"panic": func() error { panic("boom") },
	} {
		server := httptest.NewServer(Handler(hclog.NewNullLogger(), func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = w.Write([]byte("half"))
			http.NewResponseController(w).Flush() //nolint:errcheck // the reply that follows shows it
			return end()
		}))
		response, err := http.Get(server.URL)
		require.NoError(t, err)
		_, err = io.ReadAll(response.Body)
		require.Error(t, err, name)
		require.NoError(t, response.Body.Close())
		server.Close()
	}
}

func TestStream_OnARecorder(t *testing.T) {
	recorder := httptest.NewRecorder()
	data, err := io.ReadAll(Reader(recorder, strings.NewReader("in")))
	require.NoError(t, err)
	require.Equal(t, "in", string(data))
	_, err = Writer(recorder).Write([]byte("out"))
	require.NoError(t, err)
	require.Equal(t, "out", recorder.Body.String())
}

// TestServer_GracefulStop: a request in flight gets its answer, new ones find
// nobody, and Run returns after the last handler.
func TestServer_GracefulStop(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	handled := false
	server := &Server{Address: "127.0.0.1:0", Logger: hclog.NewNullLogger(), Grace: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		handled = true
		_, _ = w.Write([]byte("done"))
	})}
	require.NoError(t, server.Listen())
	require.NoError(t, server.Listen(), "twice is once")
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var runErr, getErr error
	var reply []byte
	group.Go(func() { runErr = server.Run(ctx) })
	group.Go(func() {
		response, err := http.Get("http://" + server.Addr())
		if getErr = err; err == nil {
			reply, getErr = io.ReadAll(response.Body)
			_ = response.Body.Close()
		}
	})
	<-entered
	stop()
	close(leave)
	group.Wait()
	require.NoError(t, runErr)
	require.NoError(t, getErr)
	require.Equal(t, "done", string(reply))
	require.True(t, handled)
	response, err := http.Get("http://" + server.Addr())
	if err == nil {
		_ = response.Body.Close()
	}
	require.Error(t, err)
	require.NoError(t, server.Close())
	require.Error(t, (&Server{closed: true}).Listen())
}

// TestServer_StopHasADeadline: a request that does not end is cut, and even
// then Run outlives its handler.
func TestServer_StopHasADeadline(t *testing.T) {
	entered := make(chan struct{})
	ended := false
	server := &Server{Address: "127.0.0.1:0", Logger: hclog.NewNullLogger(), Grace: time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done() // ends when the connection is cut
		ended = true
	})}
	require.NoError(t, server.Listen())
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var runErr error
	group.Go(func() { runErr = server.Run(ctx) })
	group.Go(func() {
		if response, err := http.Get("http://" + server.Addr()); err == nil {
			_ = response.Body.Close()
		}
	})
	<-entered
	stop()
	group.Wait()
	require.NoError(t, runErr)
	require.True(t, ended)
}

// TestServer_CloseEndsRun: Close alone is a clean end too.
func TestServer_CloseEndsRun(t *testing.T) {
	server := &Server{Address: "127.0.0.1:0", Logger: hclog.NewNullLogger(), Handler: http.NotFoundHandler()}
	require.NoError(t, server.Listen())
	var group sync.WaitGroup
	var runErr error
	group.Go(func() { runErr = server.Run(t.Context()) })
	response, err := http.Get("http://" + server.Addr())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, server.Close())
	require.NoError(t, server.Close())
	group.Wait()
	require.NoError(t, runErr)
}

func TestServer_ListenErrors(t *testing.T) {
	for _, address := range []string{"nonsense", "127.0.0.1:99999", "192.0.2.1:80"} {
		server := &Server{Address: address, Logger: hclog.NewNullLogger()}
		require.ErrorContains(t, server.Listen(), fmt.Sprintf("cannot listen on %q", address))
		require.ErrorContains(t, server.Run(t.Context()), "cannot listen on")
	}
}

// TestFallbackAndSecure: requests that no route takes, and those of other
// sites.
func TestFallbackAndSecure(t *testing.T) {
	mux := http.NewServeMux()
	called := 0
	mux.HandleFunc("POST /here", func(http.ResponseWriter, *http.Request) { called++ })
	handler := Secure(Fallback(mux))
	do := func(method, path, header, value string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, "http://app.example"+path, nil)
		request.Header.Set(header, value)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		require.Equal(t, "nosniff", recorder.Header().Get("X-Content-Type-Options"))
		return recorder
	}
	require.Equal(t, 404, do("GET", "/nowhere", "", "").Code)
	wrong := do("GET", "/here", "", "")
	require.Equal(t, 405, wrong.Code)
	require.Equal(t, "POST", wrong.Header().Get("Allow"))
	require.Contains(t, wrong.Body.String(), `"hint":"Use POST"`)
	require.Zero(t, called)
	require.Equal(t, 200, do("POST", "/here", "", "").Code, "a client that is no browser")
	require.Equal(t, 200, do("POST", "/here", "Sec-Fetch-Site", "same-origin").Code)
	require.Equal(t, 403, do("POST", "/here", "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, 403, do("POST", "/here", "Origin", "http://evil.example").Code)
	require.Equal(t, 200, do("POST", "/here", "Origin", "http://app.example").Code)
	require.Equal(t, 3, called)
}
