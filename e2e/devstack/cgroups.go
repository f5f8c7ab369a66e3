package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// On cgroup v1 all Nomad clients of a machine share /sys/fs/cgroup/*/nomad,
// and what one leaves there breaks the others; the agent's cgroup_parent has no
// effect. So each stack sees a hierarchy of its own: child cgroups that a
// cgroup namespace shows as the root. On cgroup v2 cgroup_parent is enough.

const cgroupRoot = "/sys/fs/cgroup"

// onlyCgroup2 reports whether the machine has the unified hierarchy alone.
func onlyCgroup2() bool {
	var st unix.Statfs_t
	return unix.Statfs(cgroupRoot, &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
}

// cgroupMounts lists the mounted hierarchies of cgroup v1, and of v2 beside
// it; none where v2 is alone.
func cgroupMounts() ([]mount, error) {
	if onlyCgroup2() {
		return nil, nil
	}
	mounts, err := readMounts()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(mounts, func(m mount) bool {
		return !within(m.point, cgroupRoot) || m.fstype != "cgroup" && m.fstype != "cgroup2"
	}), nil
}

// isolateCgroups moves this process into cgroups of that name and makes them
// the roots of its view. The file descriptors that it returns are of the
// machine's roots, for leaveCgroups.
func isolateCgroups(name string) ([]int, error) {
	mounts, err := cgroupMounts()
	if err != nil || len(mounts) == 0 {
		return nil, err
	}
	var fds []int
	for _, m := range mounts {
		dir := filepath.Join(m.point, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make a cgroup: %w", err)
		}
		if slices.Contains(m.options, "cpuset") {
			for _, file := range []string{"cpuset.cpus", "cpuset.mems"} { // a new cpuset is empty and admits nobody
				text, err := os.ReadFile(filepath.Join(m.point, file))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, file), text, 0)
				}
				if err != nil {
					return nil, fmt.Errorf("fill a cpuset: %w", err)
				}
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
			return nil, fmt.Errorf("enter a cgroup: %w", err)
		}
		fd, err := unix.Open(m.point, unix.O_RDONLY|unix.O_DIRECTORY, 0) // survives exec
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", m.point, err)
		}
		fds = append(fds, fd)
	}
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return nil, fmt.Errorf("make a cgroup namespace: %w", err)
	}
	for _, m := range mounts {
		if err := unix.Unmount(m.point, unix.MNT_DETACH); err != nil {
			return nil, fmt.Errorf("unmount %s: %w", m.point, err)
		}
		if err := unix.Mount("cgroup", m.point, m.fstype, 0, cgroupOptions(m)); err != nil {
			return nil, fmt.Errorf("mount %s: %w", m.point, err)
		}
	}
	return fds, nil
}

// cgroupOptions returns what mounts the same hierarchy again.
func cgroupOptions(m mount) string {
	if m.fstype == "cgroup2" {
		return ""
	}
	var out []string
	for _, o := range m.options {
		switch {
		case strings.HasPrefix(o, "name="):
			out = append(out, "none", o)
		case o != "rw" && o != "ro" && !strings.Contains(o, "="):
			out = append(out, o)
		}
	}
	return strings.Join(out, ",")
}

// leaveCgroups moves this process to the machine's roots and removes the
// cgroups of that name.
func leaveCgroups(roots []int, name string) {
	for _, fd := range roots {
		root := fmt.Sprintf("/proc/self/fd/%d", fd)
		_ = os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte("0"), 0)
		removeCgroup(filepath.Join(root, name))
	}
}

// removeCgroups removes the cgroups of that name that a killed supervisor
// left.
func removeCgroups(name string) {
	mounts, err := cgroupMounts()
	if err != nil {
		return
	}
	for _, m := range mounts {
		removeCgroup(filepath.Join(m.point, name))
	}
}

// removeCgroup removes a cgroup and those below it. It leaves what has
// processes.
func removeCgroup(dir string) {
	var dirs []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, d := range slices.Backward(dirs) {
		_ = unix.Rmdir(d)
	}
}
