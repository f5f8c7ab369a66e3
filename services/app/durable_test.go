package app

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// TestExport_ByteForByte takes a file with everything that goes wrong
// elsewhere through both ways of import, a stop and a start.
func TestExport_ByteForByte(t *testing.T) {
	data := sample(t, 12_000)
	want := sha256.Sum256(data)
	require.Contains(t, string(data), "\r\n")
	require.Contains(t, string(data), `""`)
	home := t.TempDir()
	a := startApp(t, home)

	a.do("POST", "/projects", "application/json", `"new"`)
	a.upload("by-api", string(data))
	_, body := a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"by-api","columns":["Body"]}`)
	require.Contains(t, body, `"n_candidates":12000`)

	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	require.NoError(t, w.WriteField("title", "By form"))
	part, err := w.CreateFormFile("file", "tickets.csv")
	require.NoError(t, err)
	_, err = part.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	status, body := a.do("POST", "/ui/import", w.FormDataContentType(), form.String())
	require.Equal(t, 303, status, body)

	a.stop()
	a = startApp(t, home)
	_, body = a.do("GET", "/projects", "", "")
	var projects []projectEntry
	require.NoError(t, json.Unmarshal([]byte(body), &projects))
	require.Len(t, projects, 2)
	for _, p := range projects {
		status, _ := a.do("POST", "/projects/"+p.ID+"/open", "", "")
		require.Equal(t, 200, status)
		status, got := a.do("GET", "/export_stream?content-type=text/csv&mode=data", "", "")
		require.Equal(t, 200, status)
		require.Equal(t, want, sha256.Sum256([]byte(got)), p.Title)
	}
	require.Len(t, mustDir(t, filepath.Join(home, "datasets", "raw")), 1, "one content is kept once")
	ref, err := os.ReadFile(filepath.Join(home, "datasets", "refs", "by-api"))
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(want[:]), string(ref), "clients take the whole line for a file's name")
}

// TestSession_SurvivesRestart: a restart needs no re-load of the project.
func TestSession_SurvivesRestart(t *testing.T) {
	home := t.TempDir()
	a := startApp(t, home)
	a.do("POST", "/projects", "application/json", `"new"`)
	a.upload("d", "A,B\n1,2\n")
	a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"d"}`)
	a.do("POST", "/set_hub_url", "text/plain", "http://hub:9005")
	_, before := a.do("POST", "/api", "application/json", `{"verb":"title","title":"Mine"}`)
	a.stop()
	a = startApp(t, home)
	_, after := a.do("POST", "/api", "application/json", `{"verb":"nop"}`)
	require.Equal(t, before, after)
	_, config := a.do("GET", "/config", "", "")
	require.Contains(t, config, "http://hub:9005")
}

// process is an App in a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
}

func startProcess(t *testing.T, home string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+home)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &process{cmd, strings.TrimSpace(line)}
}

func (p *process) kill(t *testing.T) {
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, p.cmd.Wait(), "killed")
}

// csvOf returns a small file that no other number has.
func csvOf(n int) string {
	return "Number,Text\n" + strings.Repeat(fmt.Sprintf("%d,\"row\r\nof %d\"\n", n, n), 200)
}

// TestKill kills the App with SIGKILL while some uploads run and one is
// known to be in the middle of its body. Whatever was acknowledged must be
// there byte for byte after the restart; what was not must be there as a
// whole or not at all; and nothing else may be left on the volume.
func TestKill(t *testing.T) {
	home := t.TempDir()
	acked := map[string]string{}  // dataset -> content
	staged := map[string]string{} // uploads that arrived and were not finished
	sent := map[string]string{}
	serial := 0
	for round := range 4 {
		p := startProcess(t, home)

		// One upload stops in the middle: the server has read the first half.
		half, halfWriter := io.Pipe()
		var stuck sync.WaitGroup
		stuck.Go(func() {
			request := "/api/_stream/" + fmt.Sprintf("half-%d", round) + "/0/true"
			_, _ = post(p.url+request, "text/csv", half) // the kill ends it
		})
		_, err := io.WriteString(halfWriter, "Name\n"+strings.Repeat("half of a file\n", 20_000))
		require.NoError(t, err)

		var mu sync.Mutex
		var writers sync.WaitGroup
		enough := make(chan struct{})
		acks := 0
		for range 3 {
			writers.Go(func() {
				for {
					mu.Lock()
					serial++
					id, content := fmt.Sprintf("set-%d", serial), csvOf(serial)
					sent[id] = content
					mu.Unlock()
					status, err := post(p.url+"/api/_stream/"+id+"/0/true", "text/csv", strings.NewReader(content))
					if err != nil || status != 200 {
						return // killed
					}
					mu.Lock()
					staged[id] = content
					mu.Unlock()
					status, err = post(p.url+"/api/_stream/"+id, "application/json", strings.NewReader(`{"filename":"x.csv","has_header":true}`))
					if err != nil || status != 200 {
						return
					}
					mu.Lock()
					delete(staged, id)
					acked[id] = content
					if acks++; acks == 8 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		p.kill(t)
		writers.Wait()
		_ = halfWriter.CloseWithError(io.ErrClosedPipe)
		stuck.Wait()

		checkVolume(t, home, acked, staged, sent)
	}
	t.Logf("%d datasets acknowledged over 4 kills, %d uploads in between", len(acked), len(staged))
}

// checkVolume starts the App again and compares.
func checkVolume(t *testing.T, home string, acked, staged, sent map[string]string) {
	t.Helper()
	server, err := New(testConfig(t, home))
	require.NoError(t, err)
	for id := range acked {
		require.Contains(t, server.store.datasets, id)
	}
	for id, content := range staged { // may have become a dataset just before the kill
		if server.store.datasets[id] == nil {
			up := server.store.uploads[id]
			require.NotNil(t, up, "an acknowledged upload is lost")
			require.Equal(t, content, readFile(t, server.store.rawPath(up.SHA256)))
		}
	}
	used := map[string]bool{}
	for id, dataset := range server.store.datasets {
		require.Equal(t, sent[id], readFile(t, server.store.rawPath(dataset.SHA256)), "%s is half-done", id)
		require.Equal(t, int64(200), dataset.Rows)
		used[dataset.SHA256] = true
	}
	for id, up := range server.store.uploads {
		require.Equal(t, sent[id], readFile(t, server.store.rawPath(up.SHA256)))
		used[up.SHA256] = true
	}
	require.NoError(t, server.Close())
	require.Len(t, mustDir(t, filepath.Join(home, "datasets", "raw")), len(used), "orphans are left")
	require.Len(t, mustDir(t, filepath.Join(home, "datasets", "meta")), len(server.store.datasets))
	require.Len(t, mustDir(t, filepath.Join(home, "datasets", "refs")), len(server.store.datasets))
	require.Len(t, mustDir(t, filepath.Join(home, "staging")), len(server.store.uploads))
}

func readFile(t *testing.T, path string) string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// TestGracefulStop: SIGTERM saves, lets the lock go, and exits 0.
func TestGracefulStop(t *testing.T) {
	home := t.TempDir()
	p := startProcess(t, home)
	_, err := New(testConfig(t, home))
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.ErrorContains(t, err, "another process uses the App's folder "+home)

	status, err := post(p.url+"/projects", "application/json", strings.NewReader(`"new"`))
	require.NoError(t, err)
	require.Equal(t, 200, status)
	p.kill(t)

	p = startProcess(t, home)
	status, err = post(p.url+"/api", "application/json", strings.NewReader(`{"verb":"title","title":"Kept"}`))
	require.NoError(t, err)
	require.Equal(t, 200, status)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
	a := startApp(t, home)
	_, body := a.do("GET", "/projects", "", "")
	require.Contains(t, body, `"title":"Kept"`)
}

// TestStart_RemovesWhatIsHalfDone puts on the volume what a process leaves
// at each point where it may be killed, and what is broken.
func TestStart_RemovesWhatIsHalfDone(t *testing.T) {
	home := t.TempDir()
	a := startApp(t, home)
	a.do("POST", "/projects", "application/json", `"new"`)
	a.upload("good", "A\n1\n")
	a.upload("broken", "A\n2\n")
	status, _ := a.do("POST", "/api/_stream/waits/0/true", "text/csv", "A\n3\n")
	require.Equal(t, 200, status)
	old, err := json.Marshal(upload{SHA256: strings.Repeat("b", 64), ArrivedAt: "2024-02-29T11:59:59Z"})
	require.NoError(t, err)
	a.stop()

	write := func(content string, parts ...string) string {
		path := filepath.Join(append([]string{home}, parts...)...)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	gone := []string{
		write("half", ".tmp-1"), write("half", "staging", ".tmp-2"), write("half", "projects", ".tmp-3"), write("half", "datasets", "refs", ".tmp-4"),
		write("orphan", "datasets", "raw", strings.Repeat("a", 64)),
		write("late", "datasets", "raw", strings.Repeat("b", 64)), write(string(old), "staging", "late.json"),
		write("{}", "datasets", "meta", "nobody.json"),
	}
	write("not json", "projects", "damaged.hints")
	write(`{"version":99,"id":"newer"}`, "projects", "newer.hints")
	write("a person's file", "datasets", "raw", "README")
	write("", "datasets", "refs", "empty")
	require.NoError(t, os.Remove(filepath.Join(home, "datasets", "meta", "broken.json")))
	brokenSum := sha256.Sum256([]byte("A\n2\n"))

	a = startApp(t, home)
	for _, path := range gone {
		require.NoFileExists(t, path)
	}
	for _, kept := range []string{"projects/damaged.hints", "projects/newer.hints", "datasets/raw/README", "datasets/refs/empty", "datasets/refs/broken", "datasets/raw/" + hex.EncodeToString(brokenSum[:])} {
		require.FileExists(t, filepath.Join(home, kept), "what cannot be read is left alone")
	}
	require.Equal(t, []string{"good"}, keys(a.server.store.datasets))
	require.Equal(t, []string{"waits"}, keys(a.server.store.uploads))
	_, body := a.do("GET", "/projects", "", "")
	require.Equal(t, 1, strings.Count(body, `"id"`))
	status, body = a.do("POST", "/api/_stream/waits", "application/json", `{"filename":"w.csv"}`)
	require.Equal(t, 200, status, body)
}

func keys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestSample_IsTheSame: the demo compares a download with a fresh sample.
func TestSample_IsTheSame(t *testing.T) {
	one, two := sample(t, 10_500), sample(t, 10_500)
	require.True(t, bytes.Equal(one, two))
	sum := sha256.Sum256(one)
	require.Equal(t, "14f074bf30efcfdc376adaa88b6cd01593dc022dfae8d61a6a8fe0f9c8bf9db9", hex.EncodeToString(sum[:]))
	table, err := scanTable(bytes.NewReader(one))
	require.NoError(t, err)
	require.Equal(t, int64(10_500), table.Rows)
	for _, what := range []string{"\"\"", "\r\n", "🎉", "e\u0301", "注文", ",,"} {
		require.True(t, bytes.Contains(one, []byte(what)), what)
	}
}
