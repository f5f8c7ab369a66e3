package devstack

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// teardown ends everything in order: Nomad, so that it restarts nothing; the
// tasks, which get time to save; the rest.
func (sup *supervisor) teardown() {
	if pid := sup.pid("nomad"); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		if !eventually(nomadStopLimit, func() bool { return sup.pid("nomad") == 0 }) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	var docker sync.WaitGroup
	if sup.setup.Shared {
		docker.Go(func() { removeContainers(sup.setup.Name, taskStopLimit) })
	}
	sup.end("tasks", taskStopLimit, sup.isTask)
	sup.end("servers", serverStopLimit, func(p neighbour) bool { return p.pid == sup.pid("consul") || p.pid == sup.pid("vault") })
	// What is left are Nomad's executors and log collectors. They would answer
	// a SIGTERM by killing their task, so they come last, and at once.
	_ = syscall.Kill(-1, syscall.SIGKILL)
	eventually(serverStopLimit, func() bool { return len(others()) == 0 })
	docker.Wait()
	keepLastPID(sup.setup.Dir)
	unmountBelow(sup.setup.Dir)
	if sup.setup.Shared {
		leaveMounts(sup.setup.Dir)
	}
	leaveCgroups(sup.setup.Cgroups, sup.setup.Name)
}

// end asks the processes to end, waits, and kills those that are left.
func (sup *supervisor) end(what string, limit time.Duration, which func(neighbour) bool) {
	for _, p := range others() {
		if which(p) {
			_ = syscall.Kill(p.pid, syscall.SIGTERM)
		}
	}
	var left []neighbour
	if eventually(limit, func() bool {
		left = slices.DeleteFunc(others(), func(p neighbour) bool { return !which(p) })
		return len(left) == 0
	}) {
		return
	}
	for _, p := range left {
		fmt.Fprintf(os.Stderr, "supervisor: %s did not end within %s: killed %d %s\n", what, limit, p.pid, strings.Join(p.args, " "))
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}

// isTask reports whether a process is a task's and not one of the servers or
// of Nomad's helpers, which are Nomad's program with a command of its own.
func (sup *supervisor) isTask(p neighbour) bool {
	sup.mu.Lock()
	defer sup.mu.Unlock()
	for _, pid := range sup.servers {
		if p.pid == pid {
			return false
		}
	}
	return len(p.args) < 2 || p.args[0] != sup.nomad || !slices.Contains([]string{"executor", "logmon", "docker_logger"}, p.args[1])
}

// neighbour is a process of the namespace.
type neighbour struct {
	pid  int
	args []string // empty for a zombie, which is reaped in a moment
}

// others lists the other processes in the namespace.
func others() []neighbour {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []neighbour
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != os.Getpid() {
			line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
			p := neighbour{pid: pid}
			if len(line) > 0 {
				p.args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
			}
			out = append(out, p)
		}
	}
	return out
}

// eventually polls cond until it holds or the limit has passed.
func eventually(limit time.Duration, cond func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if cond() {
			return true
		}
	}
	return cond()
}
