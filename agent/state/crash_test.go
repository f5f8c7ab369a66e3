package state

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// crashDir makes the test binary a writer that is going to be killed.
const crashDir = "DROVER_STATE_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes jobs one after the other and prints the number of
// each once the store has acknowledged it.
func writeUntilKilled(dir string) {
	s, err := Open(Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	list, err := s.Applied("acme")
	for i := len(list); err == nil; i++ {
		if err = s.Apply(PutApplied{appliedJob("acme", i)}); err == nil {
			fmt.Println(i)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// Every write that was acknowledged before a kill -9 is there afterwards, and
// the directory opens again without repair.
func TestStore_KilledKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	last := -1
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				require.NoError(t, cmd.Process.Kill())
			}
			require.NoError(t, err, lines.Text())
			if first := last == -1 || n > last; first && n >= (round+1)*37 {
				require.NoError(t, cmd.Process.Kill()) // SIGKILL; what it printed meanwhile counts too
			}
			last = max(last, n)
		}
		require.Error(t, cmd.Wait())

		s, err := Open(testConfig(t, dir))
		require.NoError(t, err)
		list, err := s.Applied("acme")
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(list), last+1)
		for i := range last + 1 {
			want := appliedJob("acme", i)
			got, ok, err := s.Job("acme", want.Job)
			require.NoError(t, err)
			require.True(t, ok, "job %d was acknowledged", i)
			require.Equal(t, want, got)
		}
		require.NoError(t, s.Close())
	}
	t.Logf("%d acknowledged writes survived 5 kills", last+1)
}
