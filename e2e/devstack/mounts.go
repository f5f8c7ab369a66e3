package devstack

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is a line of mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	point   string
	fstype  string
	options []string // of the superblock
}

func readMounts() ([]mount, error) {
	f, err := os.Open("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read mounts: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	var out []mount
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if m, ok := parseMount(lines.Text()); ok {
			out = append(out, m)
		}
	}
	return out, lines.Err()
}

func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if !ok || len(left) < 5 || len(right) < 3 {
		return mount{}, false
	}
	return mount{point: unescapeMount(left[4]), fstype: right[0], options: strings.Split(right[2], ",")}, true
}

// unescapeMount undoes the kernel's \ooo for space, tab, newline, backslash.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// within reports whether point is dir or below it.
func within(point, dir string) bool {
	return point == dir || strings.HasPrefix(point, dir+"/")
}

// isolateMounts keeps what is mounted from here on out of the machine's view,
// except below a shared state folder, and shows the namespace's own processes.
func isolateMounts(s setup) error {
	mounts, err := readMounts()
	if err != nil {
		return err
	}
	for _, m := range mounts {
		if s.Shared && within(m.point, s.Dir) {
			continue
		}
		// A mount may be hidden below another one; then it does not matter.
		if err := unix.Mount("", m.point, "", unix.MS_SLAVE, ""); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("keep mounts of %s in: %w", m.point, err)
		}
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	return nil
}

// shareDir makes mounts below dir visible to Docker, whose engine lives in the
// machine's mount namespace, and back.
func shareDir(dir string) error {
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", dir, err)
	}
	if err := unix.Mount("", dir, "", unix.MS_SHARED, ""); err != nil {
		return errors.Join(fmt.Errorf("share %s: %w", dir, err), unix.Unmount(dir, unix.MNT_DETACH))
	}
	return nil
}

// unmountBelow unmounts everything below dir, the last first, dir itself not.
func unmountBelow(dir string) {
	mounts, err := readMounts()
	if err != nil {
		return
	}
	for _, m := range slices.Backward(mounts) {
		if m.point != dir && within(m.point, dir) {
			_ = unix.Unmount(m.point, unix.MNT_DETACH)
		}
	}
}

// unmountAll unmounts everything at and below dir.
func unmountAll(dir string) {
	unmountBelow(dir)
	for range 16 { // a dir that was shared more than once
		if unix.Unmount(dir, unix.MNT_DETACH) != nil {
			return
		}
	}
}

// leaveMounts unmounts a shared dir in the machine's mount namespace. It moves
// one thread there, which ends with it.
func leaveMounts(dir string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread must not be used again
		if unix.Unshare(unix.CLONE_FS) != nil || unix.Setns(fdMounts, unix.CLONE_NEWNS) != nil {
			return
		}
		// readMounts asks for this thread, not for its process.
		unmountAll(dir)
	}()
	<-done
}
