//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ctrl-C ends the waiting and says what that means; status can be asked for
// while an apply goes on.
func TestApply_Interrupted(t *testing.T) {
	for _, moment := range []string{"created on a node", "(Hub main) waiting"} {
		t.Run(moment, func(t *testing.T) {
			d := newDrover(t)
			path := writePlatform(t, platformText("interrupted-"+strings.Trim(strings.ToLower(moment[1:4]), " "), "alice"))
			cmd := d.command("apply", path)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(stdout)
			for lines.Scan() {
				if strings.Contains(lines.Text(), moment) {
					d.must(0, "status", path)
					require.NoError(t, cmd.Process.Signal(os.Interrupt))
					break
				}
			}
			for lines.Scan() {
			}
			require.Error(t, cmd.Wait())
			require.Equal(t, 1, cmd.ProcessState.ExitCode())
			require.Contains(t, stderr.String(), "the next apply goes on")
			require.Equal(t, 1, strings.Count(stderr.String(), "Error: "), stderr.String())

			require.NotContains(t, d.must(0, "apply", path).stdout, "reverted")
			requireOnce(t, jobsOf(t, path), 0)
			d.must(0, "destroy", "-yes", path)
		})
	}
}
