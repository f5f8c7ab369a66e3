//go:build e2e

package devstack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// parentDir makes a test process the parent of a stack in that folder, which
// it says on its output, and then waits for its end.
const parentDir = "DEVSTACK_TEST_PARENT"

// proc is a process, told from a later one with the same ID.
type proc struct {
	PID     int
	Started string
	Name    string
}

// readProc reads /proc/PID/stat (proc_pid_stat(5)).
func readProc(pid int) (p proc, parent int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return proc{}, 0, false
	}
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[end+1:]))
	parent, err = strconv.Atoi(fields[1])
	return proc{PID: pid, Started: fields[19], Name: string(text[open+1 : end])}, parent, err == nil && fields[0] != "Z"
}

// descendants lists the processes below pid, as this process sees them. All
// that a supervisor's namespace holds are below the supervisor.
func descendants(t *testing.T, pid int) []proc {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	children := map[int][]proc{}
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			if p, parent, ok := readProc(id); ok {
				children[parent] = append(children[parent], p)
			}
		}
	}
	var out []proc
	for todo := []int{pid}; len(todo) > 0; todo = todo[1:] {
		for _, p := range children[todo[0]] {
			out = append(out, p)
			todo = append(todo, p.PID)
		}
	}
	return out
}

// left lists what a stack left on the machine; with an empty dir, which
// processes.
func left(dir, name string, procs []proc) []string {
	var out []string
	for _, p := range procs {
		if now, _, ok := readProc(p.PID); ok && now == p {
			out = append(out, fmt.Sprintf("process %d %s", p.PID, p.Name))
		}
	}
	if dir == "" {
		return out
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return []string{err.Error()}
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, dir) {
			out = append(out, "mount "+line)
		}
	}
	cgroups, err := filepath.Glob("/sys/fs/cgroup/*/" + name)
	if err != nil {
		return []string{err.Error()}
	}
	return append(out, cgroups...)
}

func requireGone(t *testing.T, dir, name string, procs []proc) {
	t.Helper()
	require.Empty(t, left(dir, name, procs))
}

func names(procs []proc) []string {
	var out []string
	for _, p := range procs {
		out = append(out, p.Name)
	}
	return out
}

// TestParent is no test: it is the parent that the tests below kill.
func TestParent(t *testing.T) {
	dir := os.Getenv(parentDir)
	if dir == "" {
		t.Skip("run by TestKill alone")
	}
	s, err := Start(t.Context(), Config{Dir: dir, DroverBinary: os.Getenv("DEVSTACK_TEST_HELPER"), Progress: os.Stderr})
	require.NoError(t, err)
	runWeb(t, s)
	text, err := json.Marshal(map[string]any{"supervisor": s.process.cmd.Process.Pid, "name": s.Node})
	require.NoError(t, err)
	fmt.Printf("up %s\n", text)
	select {}
}

func TestKill(t *testing.T) {
	program := helper(t)
	for name, kill := range map[string]func(parent, supervisor int) error{
		"parent":     func(parent, _ int) error { return syscall.Kill(parent, syscall.SIGKILL) },
		"supervisor": func(_, supervisor int) error { return syscall.Kill(supervisor, syscall.SIGKILL) },
		"parent and supervisor": func(parent, supervisor int) error {
			_ = syscall.Kill(parent, syscall.SIGKILL)
			return syscall.Kill(supervisor, syscall.SIGKILL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestParent$")
			cmd.Env = append(os.Environ(), parentDir+"="+dir, "DEVSTACK_TEST_HELPER="+program)
			cmd.Stderr = t.Output()
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			var up struct {
				Supervisor int
				Name       string
			}
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if text, ok := strings.CutPrefix(lines.Text(), "up "); ok {
					require.NoError(t, json.Unmarshal([]byte(text), &up))
					break
				}
			}
			require.NotZero(t, up.Supervisor, "the parent did not start a stack")
			procs := descendants(t, up.Supervisor)
			for _, want := range []string{"nomad", "consul", "vault", "drover"} {
				// A server that was built in the user's cache has its version in its name.
				runs := func(name string) bool { return name == want || strings.HasPrefix(name, want+"-") }
				require.True(t, slices.ContainsFunc(names(procs), runs), "%s in %v", want, names(procs))
			}

			began := time.Now()
			require.NoError(t, kill(cmd.Process.Pid, up.Supervisor))
			require.Eventually(t, func() bool { return len(left("", "", procs)) == 0 }, teardownLimit, 50*time.Millisecond)
			t.Logf("%d processes were gone after %s", len(procs), time.Since(began).Round(time.Millisecond))
			if name != "parent and supervisor" { // then nobody is left to clean the machine but the next start
				require.Eventually(t, func() bool { return len(left(dir, up.Name, procs)) == 0 }, teardownLimit, 50*time.Millisecond)
			}
			if name == "parent" {
				saved, err := filepath.Glob(filepath.Join(dir, "nomad/data/alloc/*/alloc/data/saved"))
				require.NoError(t, err)
				require.Len(t, saved, 1, "the task was not given time to save")
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()

			// The folder is usable at once, and the job comes back by itself.
			s := start(t, Config{Dir: dir, DroverBinary: program})
			findWeb(t, s, "hush")
			require.NoError(t, s.Stop(t.Context()))
			requireGone(t, dir, up.Name, nil)
		})
	}
}
