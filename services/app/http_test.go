package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// post posts a stream and returns the status.
func post(url, contentType string, body io.Reader) (int, error) {
	response, err := http.Post(url, contentType, body)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func sendStream(t *testing.T, url, contentType string, body io.Reader) (int, string) {
	t.Helper()
	response, err := http.Post(url, contentType, body)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

func getStream(t *testing.T, url string, to io.Writer) int64 {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	n, err := io.Copy(to, response.Body)
	require.NoError(t, err)
	return n
}

// serveOne asks the handler without a network.
func serveOne(s *Server, method, target, contentType, body string) (int, string) {
	request := httptest.NewRequest(method, "/", strings.NewReader(body))
	request.URL.Path = target
	request.Header.Set("Content-Type", contentType)
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

// quiet is an App for fuzzing: nothing is logged.
func quiet(f *testing.F) *Server {
	cfg := Config{Home: f.TempDir(), Logger: hclog.NewNullLogger(), MaxUpload: 1 << 16}
	server, err := New(cfg)
	require.NoError(f, err)
	f.Cleanup(func() { _ = server.Close() })
	return server
}

// FuzzAPI: no body makes /api fail or answer anything but a summary or an
// error that explains itself.
func FuzzAPI(f *testing.F) {
	server := quiet(f)
	for _, seed := range []string{`{"verb":"nop"}`, `{"verb":"title","title":"x"}`, `{"verb":"dump","offset":9223372036854775807}`,
		`{"verb":"dataset_add","id":"../x","columns":["A"]}`, `{"verb":"export","mode":"data"}`, `{"verb":"export_preview","mode":null}`, `null`, `{`, `"`, "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		status, reply := serveOne(server, "POST", "/api", "application/json", body)
		switch status {
		case 200:
			require.Contains(t, reply, `"watchful_home"`)
		case 400, 413:
			require.Contains(t, reply, `"hint"`)
		default:
			t.Fatalf("status %d: %s", status, reply)
		}
	})
}

// FuzzUploadPath: no path and no name makes an upload write outside its two
// folders.
func FuzzUploadPath(f *testing.F) {
	server := quiet(f)
	for _, seed := range [][2]string{{"u-1", "0/true"}, {"..", "0/true"}, {"../../x", "0/true"}, {".tmp-1", "0/true"}, {"a/b", "0/true"}, {"a\x00b", "0/true"},
		{"session", "0/true"}, {"x", "1/false"}, {"..\\x", "0/true"}, {strings.Repeat("x", 300), "0/true"}} {
		f.Add(seed[0], seed[1], "../../evil.csv")
	}
	f.Fuzz(func(t *testing.T, id, rest, filename string) {
		before := tree(t, server.cfg.Home)
		status, reply := serveOne(server, "POST", "/api/_stream/"+id+"/"+rest, "text/csv", "A\n1\n")
		if status >= 500 {
			t.Fatalf("status %d: %s", status, reply)
		}
		serveOne(server, "POST", "/api/_stream/"+id, "application/json", `{"filename":`+quote(filename)+`}`)
		for path := range tree(t, server.cfg.Home) {
			if before[path] {
				continue
			}
			dir := filepath.Dir(path)
			require.Contains(t, []string{"staging", "datasets/raw", "datasets/refs", "datasets/meta"}, dir, path)
		}
		_, err := os.Stat(filepath.Join(filepath.Dir(server.cfg.Home), "evil.csv"))
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}

// tree lists the files below a folder.
func tree(t *testing.T, root string) map[string]bool {
	files := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(root, path)
			files[name] = true
		}
		return err
	}))
	return files
}

// TestPage checks what a person sees, and that data cannot become markup.
func TestPage(t *testing.T) {
	a := startApp(t, t.TempDir())
	status, body := a.do("GET", "/", "", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "No project is open")
	require.Contains(t, body, "Standalone, without a Hub")

	a.do("POST", "/ui/new", "application/x-www-form-urlencoded", "title=%3Cb%3EBold%3C%2Fb%3E")
	a.upload("d", "A,B\n<script>alert(1)</script>,\""+strings.Repeat("é", 500)+"\"\n"+strings.Repeat("x,y\n", 119))
	a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"d"}`)
	status, body = a.do("GET", "/", "", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "&lt;b&gt;Bold&lt;/b&gt;")
	require.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.NotContains(t, body, "<script")
	require.Contains(t, body, strings.Repeat("é", cellRunes)+"…")
	require.Contains(t, body, "Rows 1 to 50 of 120, page 1 of 3")
	_, body = a.do("GET", "/?page=3", "", "")
	require.Contains(t, body, "Rows 101 to 120 of 120, page 3 of 3")
	require.Contains(t, body, `<a href="?page=2" rel="prev">`)
	_, body = a.do("GET", "/?page=99", "", "")
	require.Contains(t, body, "page 3 of 3")
	status, body = a.do("GET", "/?page=x", "", "")
	require.Equal(t, 400, status)
	require.Contains(t, body, `role="alert"`)

	status, body = a.do("POST", "/ui/title", "application/x-www-form-urlencoded", "title=")
	require.Equal(t, 400, status)
	require.Contains(t, body, "the title is empty")
	require.Contains(t, body, `href="../app.css"`, "the page of a form is one level down")
	status, _ = a.do("GET", "/app.css", "", "")
	require.Equal(t, 200, status)
}

// TestPage_OtherSites: a page of another site cannot use a person's App.
func TestPage_OtherSites(t *testing.T) {
	a := startApp(t, t.TempDir())
	request, err := http.NewRequest("POST", a.http.URL+"/projects", strings.NewReader(`"new"`))
	require.NoError(t, err)
	request.Header.Set("Origin", "https://evil.example")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'")
	_, body := a.do("GET", "/projects", "", "")
	require.Equal(t, "[]\n", body)
}

func TestImportForm_Errors(t *testing.T) {
	a := startApp(t, t.TempDir())
	const boundary = "multipart/form-data; boundary=b"
	part := func(head, body string) string {
		return "--b\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + body + "\r\n"
	}
	for _, c := range []struct{ name, contentType, body, want string }{
		{"not a form", "text/plain", "x", "the form has no file"},
		{"nothing chosen", boundary, part(`name="file"; filename=""`, "") + "--b--\r\n", "no file was chosen"},
		{"no file", boundary, part(`name="title"`, "x") + "--b--\r\n", "no file was chosen"},
		{"bad file", boundary, part(`name="file"; filename="a.csv"`, "name\n1\n") + "--b--\r\n", "line 1, column 1: the column name &#34;name&#34; is not allowed"},
		{"cut", boundary, part(`name="title"`, "x"), "ended early"},
		{"unknown field", boundary, part(`name="other"`, "x") + "--b--\r\n", "unknown field"},
		{"bad title", boundary, part(`name="title"`, strings.Repeat("x", maxTitle+1)) + part(`name="file"; filename="a.csv"`, "A\n1\n") + "--b--\r\n", "title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := a.do("POST", "/ui/import", c.contentType, c.body)
			require.Equal(t, 400, status)
			require.Contains(t, body, c.want)
			require.Contains(t, body, `role="alert"`)
		})
	}
	require.Empty(t, mustDir(t, filepath.Join(a.home, "datasets", "raw")), "what was refused is removed")
	_, body := a.do("GET", "/projects", "", "")
	require.Equal(t, "[]\n", body)
}

func TestNew_Errors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		name string
		cfg  Config
		code services.Code
		want string
	}{
		{"no home", Config{}, services.CodeInvalid, "the App's folder is \"\", which is not an absolute path"},
		{"relative home", Config{Home: "watchful"}, services.CodeInvalid, "not an absolute path"},
		{"home below a file", Config{Home: filepath.Join(file, "x")}, services.CodeUnavailable, "cannot be used"},
		{"bad hub", Config{Home: t.TempDir(), HubURL: "hub:9005"}, services.CodeInvalid, "the Hub's address is not"},
		{"negative limit", Config{Home: t.TempDir(), MaxUpload: -1}, services.CodeInvalid, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.cfg)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.code, services.ErrorCode(err))
		})
	}
	_, err := ConfigFromEnv(func(string) string { return "loud" }, io.Discard)
	require.EqualError(t, err, "WATCHFUL_LOG is \"loud\", which is not a log level. Set it to one of trace, debug, info, warn, error, or leave it out for info")
}

func TestListen_PortInUse(t *testing.T) {
	one, err := New(Config{Home: t.TempDir(), Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	defer one.Close()
	require.NoError(t, one.Listen())
	two, err := New(Config{Home: t.TempDir(), Listen: one.Addr()})
	require.NoError(t, err)
	defer two.Close()
	require.ErrorContains(t, two.Listen(), "cannot listen on")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, one.Run(ctx), "a stop that comes at once is clean")
}
