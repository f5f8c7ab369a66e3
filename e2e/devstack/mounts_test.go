package devstack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMount(t *testing.T) {
	m, ok := parseMount(`36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`)
	require.True(t, ok)
	require.Equal(t, mount{point: "/mnt 2", fstype: "ext3", options: []string{"rw", "errors=continue"}}, m)
	for _, line := range []string{"", "36 35 98:0 / /mnt rw", "36 35 - ext3 /dev/root rw", "36 35 98:0 / /mnt rw - ext3"} {
		_, ok := parseMount(line)
		require.False(t, ok, line)
	}
}

func TestUnescapeMount(t *testing.T) {
	for in, want := range map[string]string{
		`/a\040b\011c\012d\134e`: "/a b\tc\nd\\e",
		`/a\04`:                  `/a\04`,
		`/a\999`:                 `/a\999`,
		`/plain`:                 `/plain`,
	} {
		require.Equal(t, want, unescapeMount(in))
	}
}

func TestWithin(t *testing.T) {
	require.True(t, within("/a/b", "/a/b"))
	require.True(t, within("/a/b/c", "/a/b"))
	require.False(t, within("/a/bc", "/a/b"))
	require.False(t, within("/a", "/a/b"))
}

func TestCgroupOptions(t *testing.T) {
	for _, c := range []struct {
		in   mount
		want string
	}{
		{mount{fstype: "cgroup", options: []string{"rw", "cpu", "cpuacct"}}, "cpu,cpuacct"},
		{mount{fstype: "cgroup", options: []string{"rw", "name=systemd"}}, "none,name=systemd"},
		{mount{fstype: "cgroup", options: []string{"rw", "xattr", "name=systemd", "release_agent=/x"}}, "xattr,none,name=systemd"},
		{mount{fstype: "cgroup2", options: []string{"rw", "nsdelegate"}}, ""},
	} {
		require.Equal(t, c.want, cgroupOptions(c.in))
	}
}
