package hub

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// TestRegister_OneAdmin: however many register at once, one is the first.
func TestRegister_OneAdmin(t *testing.T) {
	h := newHub(t)
	roles := make([]string, 6)
	var all sync.WaitGroup
	for i := range roles {
		all.Go(func() {
			status, body, err := send(h.http.URL, "POST", "/remote", "", registration(fmt.Sprintf("user%d", i)))
			if err != nil || status != 200 {
				roles[i] = fmt.Sprint(status, err, body)
				return
			}
			var user User
			_ = json.Unmarshal([]byte(body), &user)
			roles[i] = string(user.Role)
		})
	}
	all.Wait()
	slices.Sort(roles)
	require.Equal(t, []string{"Admin", "Standard", "Standard", "Standard", "Standard", "Standard"}, roles)
}

// TestPush_Concurrent: of several pushes on one revision exactly one wins,
// and what is stored is what the winner sent.
func TestPush_Concurrent(t *testing.T) {
	h := newHub(t)
	h.register("alice")
	header := h.signIn("alice")
	id := h.call(header, map[string]any{"verb": "publish", "title": "x", "content": "start"})["id"]
	for revision := 1; revision <= 5; revision++ {
		statuses := make([]int, 8)
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() {
				body := fmt.Sprintf(`{"verb":"push","id":"%s","revision":%d,"content":"%d by %d"}`, id, revision, revision, i)
				statuses[i], _, _ = send(h.http.URL, "POST", "/remote", header, body)
			})
		}
		all.Wait()
		winner := slices.Index(statuses, 200)
		require.NotEqual(t, -1, winner)
		for i, status := range statuses {
			if i != winner {
				require.Equal(t, 409, status)
			}
		}
		pulled := h.call(header, map[string]any{"verb": "pull", "id": id})
		require.Equal(t, float64(revision+1), pulled["revision"])
		require.Equal(t, fmt.Sprintf("%d by %d", revision, winner), pulled["content"])
	}
}

type process struct {
	cmd *exec.Cmd
	url string
}

func startProcess(t *testing.T, path string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+path)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &process{cmd, strings.TrimSpace(line)}
}

// TestKill kills the Hub with SIGKILL while three clients publish and push.
// Every acknowledged revision must be there, word for word, and the database
// must be whole.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchful.db")
	h := startHub(t, path, func(c *Config) { c.Now = nil })
	h.register("alice")
	header := h.signIn("alice")
	h.stop()

	type version struct {
		revision int
		content  string
	}
	acked := map[string]version{} // the newest acknowledged revision of a project
	var mu sync.Mutex
	for round := range 3 {
		p := startProcess(t, path)
		enough := make(chan struct{})
		acks := 0
		var writers sync.WaitGroup
		for w := range 3 {
			writers.Go(func() {
				for n := 0; ; n++ {
					content := strings.Repeat(fmt.Sprintf("%d-%d-%d ", round, w, n), 500)
					status, body, err := send(p.url, "POST", "/remote", header, fmt.Sprintf(`{"verb":"publish","title":"p","content":%q}`, content))
					for revision := 1; ; revision++ {
						if err != nil || status != 200 {
							return // killed
						}
						var reply Project
						_ = json.Unmarshal([]byte(body), &reply)
						mu.Lock()
						acked[reply.ID] = version{revision, content}
						if acks++; acks == 12 {
							close(enough)
						}
						mu.Unlock()
						if revision == 3 {
							break
						}
						content += "more"
						status, body, err = send(p.url, "POST", "/remote", header,
							fmt.Sprintf(`{"verb":"push","id":%q,"revision":%d,"content":%q}`, reply.ID, revision, content))
					}
				}
			})
		}
		<-enough
		require.NoError(t, p.cmd.Process.Kill())
		require.Error(t, p.cmd.Wait())
		writers.Wait()

		h := startHub(t, path, func(c *Config) { c.Now = nil })
		var verdict string
		require.NoError(t, h.server.db.readers.QueryRow("PRAGMA integrity_check").Scan(&verdict))
		require.Equal(t, "ok", verdict)
		for id, want := range acked {
			got := h.call(header, map[string]any{"verb": "pull", "id": id, "revision": want.revision})
			require.Equal(t, want.content, got["content"])
		}
		h.stop()
	}
	t.Logf("%d projects acknowledged over 3 kills", len(acked))
}

// TestGracefulStop: SIGTERM exits 0 and leaves one file, without a log to be
// recovered; meanwhile nobody else gets the database.
func TestGracefulStop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watchful.db")
	p := startProcess(t, path)
	_, err := New(testConfig(t, path))
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.ErrorContains(t, err, "another process uses the Hub's database "+path)
	status, body, err := send(p.url, "POST", "/remote", "", registration("alice"))
	require.NoError(t, err)
	require.Equal(t, 200, status, body)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
	require.NoFileExists(t, path+"-wal")
	h := startHub(t, path, nil)
	h.signIn("alice")
}

func TestNew_Errors(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	require.NoError(t, os.WriteFile(garbage, bytes.Repeat([]byte("not a database "), 1000), 0o600))
	newer := filepath.Join(dir, "newer.db")
	db, err := sql.Open("sqlite", newer)
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA user_version = 99")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	good := services.NewToken(testSecret)

	for _, c := range []struct {
		name string
		cfg  Config
		code services.Code
		want string
	}{
		{"no secret", Config{DatabaseURL: dir + "/x.db"}, services.CodeInvalid, `SHARED_SECRET is not set. Set it to a random string that stays the same over restarts; "openssl rand -hex 36" makes one`},
		{"short secret", Config{DatabaseURL: dir + "/x.db", SharedSecret: services.NewToken("thisisnotasecure")}, services.CodeInvalid, `SHARED_SECRET has 16 characters, which is too few. Use at least 32; "openssl rand -hex 36" makes 72`},
		{"no database", Config{SharedSecret: good}, services.CodeInvalid, "DATABASE_URL is not set. Set it to the absolute path of the database on the durable volume, such as /root/watchful.db"},
		{"relative database", Config{SharedSecret: good, DatabaseURL: "watchful.db"}, services.CodeInvalid, `DATABASE_URL is "watchful.db", which is not an absolute path. Set it to the absolute path of the database on the durable volume, such as /root/watchful.db`},
		{"folder with a slash", Config{SharedSecret: good, DatabaseURL: dir + "/"}, services.CodeInvalid, fmt.Sprintf("DATABASE_URL is %q, which is a folder. Add the name of a file, such as %s/watchful.db", dir+"/", dir)},
		{"folder", Config{SharedSecret: good, DatabaseURL: dir}, services.CodeInvalid, fmt.Sprintf("DATABASE_URL is %q, which is not a file. Add the name of a file, such as %s/watchful.db", dir, dir)},
		{"no such folder", Config{SharedSecret: good, DatabaseURL: dir + "/no/x.db"}, services.CodeInvalid, fmt.Sprintf("the folder %s/no of DATABASE_URL does not exist. Mount the durable volume there, or correct DATABASE_URL", dir)},
		{"garbage", Config{SharedSecret: good, DatabaseURL: garbage}, services.CodeConflict, "is not an intact SQLite database"},
		{"newer schema", Config{SharedSecret: good, DatabaseURL: newer}, services.CodeConflict, "has schema version 99, and this program knows 1"},
		{"registration", Config{SharedSecret: good, DatabaseURL: dir + "/x.db", Registration: "closed"}, services.CodeInvalid, `HUB_REGISTRATION is "closed". Set it to open or token`},
		{"negative", Config{SharedSecret: good, DatabaseURL: dir + "/x.db", MaxBody: -1}, services.CodeInvalid, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.cfg)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.code, services.ErrorCode(err))
			require.NotContains(t, err.Error(), testSecret)
		})
	}
	require.NoFileExists(t, dir+"/x.db", "a wrong setting makes no database")
	// What failed to open has let the lock go.
	require.NoError(t, os.Remove(garbage))
	startHub(t, garbage, nil)
}

// TestNew_PathIsNotAnURL: a path may hold what means something in an URL.
func TestNew_PathIsNotAnURL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20&mode=memory.db")
	h := startHub(t, path, nil)
	h.register("alice")
	h.stop()
	require.FileExists(t, path)
	h = startHub(t, "sqlite://"+path, nil)
	h.signIn("alice")
}

func TestNew_FolderNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root may write everywhere but here: /proc takes no files.
		_, err := New(Config{SharedSecret: services.NewToken(testSecret), DatabaseURL: "/proc/self/watchful.db"})
		require.Error(t, err)
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err := New(Config{SharedSecret: services.NewToken(testSecret), DatabaseURL: dir + "/watchful.db"})
	require.ErrorContains(t, err, "is not writable")
}

// TestSecrets_StayOut: no secret and no password reaches the log or a file.
func TestSecrets_StayOut(t *testing.T) {
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "watchful.db")
	h := startHub(t, path, func(c *Config) {
		c.Logger = hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Trace, Mutex: &sync.Mutex{}})
	})
	h.register("alice")
	token := strings.TrimPrefix(h.signIn("alice"), "Authorization: Bearer ")
	h.do("POST", "/remote/login", "", `{"email":"alice@example.org","password":"wrong-password"}`)
	h.stop()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, secret := range []string{testSecret, "password-alice", "wrong-password", token, h.server.keys.enrollment} {
		require.NotContains(t, log.String(), secret)
		require.False(t, bytes.Contains(data, []byte(secret)), "a secret is in the database")
	}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", h.server.cfg, h.server.cfg, h.server.cfg.SharedSecret), testSecret)
}

func TestHasher(t *testing.T) {
	h := newHasher()
	one, err := h.hash(t.Context(), "password")
	require.NoError(t, err)
	two, err := h.hash(t.Context(), "password")
	require.NoError(t, err)
	require.NotEqual(t, one, two, "each has a salt of its own")
	ok, err := h.matches(t.Context(), "password", one)
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = h.matches(t.Context(), "passwore", one)
	require.NoError(t, err)
	require.False(t, ok)
	ok, err = h.matches(t.Context(), "", nobody)
	require.NoError(t, err)
	require.False(t, ok)
	for _, bad := range []string{"", "password", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=x$AA$AA", "$argon2id$v=19$m=8,t=1,p=1$!$AA", "$argon2id$v=19$m=8,t=1,p=1$AA$!"} {
		_, err := h.matches(t.Context(), "password", bad)
		require.Error(t, err, bad)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.slots <- struct{}{}
	h.slots <- struct{}{}
	_, err = h.hash(ctx, "password")
	require.ErrorIs(t, err, context.Canceled)
}
