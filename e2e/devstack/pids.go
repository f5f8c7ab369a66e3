package devstack

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const lastPIDFile = "/proc/sys/kernel/ns_last_pid"

// skipPIDs goes on counting process IDs where the stack's last life ended.
// Nomad remembers the IDs of its executors and, when it does not find an
// executor behind one, kills the process that has it; a fresh namespace would
// use the same small numbers again.
func skipPIDs(dir string) {
	const margin, reserved = 1000, 300
	last := number(filepath.Join(dir, "last_pid"))
	if last == 0 {
		return
	}
	next := last + margin
	if limit := number("/proc/sys/kernel/pid_max"); limit > 0 && next >= limit-margin {
		next = reserved + next%margin
	}
	_ = os.WriteFile(lastPIDFile, []byte(strconv.Itoa(next)), 0)
}

// keepLastPID remembers how far process IDs have come.
func keepLastPID(dir string) {
	if last := number(lastPIDFile); last > 0 {
		_ = writeFile(filepath.Join(dir, "last_pid"), []byte(strconv.Itoa(last)+"\n"), 0o600)
	}
}

func number(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}
