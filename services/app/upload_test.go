package app

import (
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestUpload_MemoryIsBounded sends 64 MiB through the whole path, both ways.
// All memory that is allocated over that time, freed or not, by the server
// and by the client in this process, must be a fraction of the file: then
// nothing can have held it.
func TestUpload_MemoryIsBounded(t *testing.T) {
	const size = 64 << 20
	const most = 4 << 20
	a := startApp(t, t.TempDir())
	a.do("POST", "/projects", "application/json", `"new"`)
	line := []byte("12345,\"" + strings.Repeat("some text, and \"\"more\"\"; ", 40) + "\"\n")
	before := allocated()
	status, body := sendStream(t, a.http.URL+"/api/_stream/big/0/true", "text/csv",
		io.MultiReader(strings.NewReader("Id,Text\n"), &repeat{line: line, left: size / len(line)}))
	require.Equal(t, 200, status, body)
	status, body = a.do("POST", "/api/_stream/big", "application/json", `{"filename":"big.csv"}`)
	require.Equal(t, 200, status, body)
	status, body = a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"big"}`)
	require.Equal(t, 200, status)
	require.Contains(t, body, fmt.Sprintf(`"n_candidates":%d`, size/len(line)))
	sum := sha256.New()
	n := getStream(t, a.http.URL+"/export_stream?mode=data", sum)
	spent := allocated() - before
	require.Equal(t, int64(len("Id,Text\n")+size/len(line)*len(line)), n)
	t.Logf("%d bytes up and down, %d bytes allocated in all", n, spent)
	require.Less(t, spent, uint64(most))
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// repeat reads as one line many times.
type repeat struct {
	line []byte
	at   int
	left int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.left > 0 {
		k := copy(p[n:], r.line[r.at:])
		n += k
		if r.at += k; r.at == len(r.line) {
			r.at, r.left = 0, r.left-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestUpload_Cut: an upload whose client goes away leaves nothing.
func TestUpload_Cut(t *testing.T) {
	home := t.TempDir()
	a := startApp(t, home)
	_, err := post(a.http.URL+"/api/_stream/cut/0/true", "text/csv", io.MultiReader(strings.NewReader("A\n1\n"), failing{io.ErrUnexpectedEOF}))
	require.Error(t, err)
	a.http.Close() // waits for the handler
	require.Empty(t, mustDir(t, filepath.Join(home, "staging")))
	require.Empty(t, mustDir(t, filepath.Join(home, "datasets", "raw")))
}

func TestUpload_TooLarge(t *testing.T) {
	home := t.TempDir()
	cfg := testConfig(t, home)
	cfg.MaxUpload = 1000
	server, err := New(cfg)
	require.NoError(t, err)
	defer server.Close()
	status, body := serveOne(server, "POST", "/api/_stream/x/0/true", "text/csv", "A\n"+strings.Repeat("1\n", 600))
	require.Equal(t, 413, status)
	require.Contains(t, body, "larger than 1000 bytes")
	require.Empty(t, mustDir(t, filepath.Join(home, "staging")))
}

// TestUpload_OneAtATime: two requests for one upload must not mix.
func TestUpload_OneAtATime(t *testing.T) {
	a := startApp(t, t.TempDir())
	body, writer := io.Pipe()
	var first sync.WaitGroup
	first.Go(func() {
		status, err := post(a.http.URL+"/api/_stream/x/0/true", "text/csv", body)
		require.NoError(t, err)
		require.Equal(t, 200, status)
	})
	_, err := io.WriteString(writer, "A\n"+strings.Repeat("1\n", 1<<16))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		a.server.store.mu.Lock()
		defer a.server.store.mu.Unlock()
		return a.server.store.receiving["x"]
	}, time.Minute, time.Millisecond)
	status, text := a.do("POST", "/api/_stream/x/0/true", "text/csv", "B\n2\n")
	require.Equal(t, 409, status, text)
	status, text = a.do("POST", "/api/_stream/x", "application/json", `{"filename":"x.csv"}`)
	require.Equal(t, 409, status, text)
	require.NoError(t, writer.Close())
	first.Wait()
	status, text = a.do("POST", "/api/_stream/x/0/true", "text/csv", "B\n2\n")
	require.Equal(t, 200, status, text)
	require.Len(t, mustDir(t, filepath.Join(a.home, "datasets", "raw")), 1, "what it replaced is removed")
}
