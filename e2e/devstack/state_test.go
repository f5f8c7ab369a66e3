package devstack

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestState_RoundTrip(t *testing.T) {
	dir := t.TempDir()
	s, err := loadState(dir)
	require.NoError(t, err)
	require.Regexp(t, `^drover-dev-[0-9a-f]{8}$`, s.Name)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, s.NomadManagement)
	s.Ports, s.VaultKey = portsAt(20000), "key"
	require.NoError(t, s.save(dir))
	info, err := os.Stat(filepath.Join(dir, "stack.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := loadState(dir)
	require.NoError(t, err)
	require.Equal(t, s, again)
}

func TestState_Refused(t *testing.T) {
	for text, want := range map[string]string{
		`{`:             "stack.json is damaged",
		`{"version":2}`: "has version 2, and this program knows version 1",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stack.json"), []byte(text), 0o600))
		_, err := loadState(dir)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "elete "+dir+" to make a new stack", "says what to do")
	}
}

func TestPorts_AreApart(t *testing.T) {
	seen := map[int]bool{}
	for i := range blockCount {
		p := portsAt(blockFirst + i*blockSize)
		require.Less(t, p.DynamicMax, 32768, "above are the ports of outgoing connections")
		for port := p.DynamicMin; port <= p.DynamicMax; port++ {
			require.False(t, seen[port])
			seen[port] = true
		}
		for _, s := range p.servers() {
			require.False(t, seen[s.Port])
			seen[s.Port] = true
		}
		require.False(t, seen[p.Guard])
		seen[p.Guard] = true
	}
}

func TestChoosePorts_SkipsTaken(t *testing.T) {
	a, guardA, err := choosePorts("seed")
	require.NoError(t, err)
	defer guardA.Close()
	b, guardB, err := choosePorts("seed")
	require.NoError(t, err)
	defer guardB.Close()
	require.NotEqual(t, a, b, "a held guard keeps the block")
}

func TestReclaimPorts(t *testing.T) {
	const dir = "/stack"
	p, guard, err := choosePorts(t.Name())
	require.NoError(t, err)
	require.NoError(t, guard.Close())

	same, guard, err := reclaimPorts(p, true, dir)
	require.NoError(t, err)
	require.Equal(t, p, same)
	require.NoError(t, guard.Close())

	other, err := listen(p.NomadRPC)
	require.NoError(t, err)
	defer other.Close()
	_, _, err = reclaimPorts(p, true, dir)
	require.EqualError(t, err, "port "+itoa(p.NomadRPC)+" of 127.0.0.1, which the stack in /stack uses for Nomad's RPC, is taken by another program. "+
		"Stop that program (see ss -ltnp), or delete /stack to make a new stack")
	require.Equal(t, services.CodeUnavailable, services.ErrorCode(err))
	l, err := listen(p.Guard)
	require.NoError(t, err, "the guard is let go")
	require.NoError(t, l.Close())

	moved, guard, err := reclaimPorts(p, false, dir)
	require.NoError(t, err)
	require.NotEqual(t, p, moved, "nothing has used the ports yet")
	require.NoError(t, guard.Close())
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	first, err := lockDir(t.Context(), dir, t.Output())
	require.NoError(t, err)
	_, err = lockDir(t.Context(), dir, t.Output())
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.ErrorContains(t, err, "the stack in "+dir+" is in use by process "+itoa(os.Getpid()))
	require.ErrorContains(t, err, "Stop that process, or use another state folder")
	require.NoError(t, first.Close())
	again, err := lockDir(t.Context(), dir, t.Output())
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestConfig_Complete(t *testing.T) {
	err := (&Config{}).complete()
	if os.Geteuid() != 0 {
		require.Equal(t, services.CodeForbidden, services.ErrorCode(err))
		require.ErrorContains(t, err, "needs root")
		return
	}
	require.EqualError(t, err, "the local stack has no state folder. Set Config.Dir")

	real := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(real, link))
	c := Config{Dir: link}
	require.NoError(t, c.complete())
	require.Equal(t, real, c.Dir, "mount tables name the real folder")

	err = (&Config{Dir: real, DroverBinary: "/bin/sh"}).complete()
	require.EqualError(t, err, "/bin/sh is linked dynamically and cannot run in a task's root. Build it with CGO_ENABLED=0")
	err = (&Config{Dir: real, DroverBinary: "state_test.go"}).complete()
	require.ErrorContains(t, err, "state_test.go is not a Linux program")
}

func TestListen_IsLoopback(t *testing.T) {
	l, err := listen(0)
	require.NoError(t, err)
	defer l.Close()
	require.True(t, l.Addr().(*net.TCPAddr).IP.IsLoopback())
}
