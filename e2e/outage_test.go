//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that dies in the middle of an apply and comes back only delays it.
func TestApply_OutlivesAServer(t *testing.T) {
	ctx := context.Background()
	for _, server := range []string{"nomad", "consul", "vault"} {
		t.Run(server, func(t *testing.T) {
			d := newDrover(t)
			path := writePlatform(t, platformText("outage-"+server, "alice"))
			cmd := d.command("apply", path)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var seen strings.Builder
			killed := false
			lines := bufio.NewScanner(stdout)
			for lines.Scan() {
				seen.WriteString(lines.Text() + "\n")
				if !killed && strings.Contains(lines.Text(), "(Hub main) waiting") {
					killed = true
					require.NoError(t, stack.Server(server).Kill(ctx))
					require.NoError(t, stack.Server(server).Start(ctx))
				}
			}
			require.NoError(t, cmd.Wait(), "%s%s", seen.String(), stderr.String())
			require.True(t, killed, seen.String())
			requireOnce(t, jobsOf(t, path), 0)
			d.must(0, "destroy", "-yes", path)
		})
	}
}
