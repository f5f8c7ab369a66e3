//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"
)

// hubWithSecret is a Hub that also reads a value at a path in Vault.
func hubWithSecret(name, path, level string) string {
	return strings.Replace(platformText(name), `secret "SHARED_SECRET" { generate = "hex:36" }`, `secret "SHARED_SECRET" { generate = "hex:36" }
  secret "EXTRA" { 
    vault = "`+path+`"
    key   = "value"
  }
  env { WATCHFUL_LOG = "`+level+`" }`, 1)
}

// A wave that fails takes back what its jobs may read as well: the version
// that comes back reads what it read before.
func TestRevert_BringsBackVaultAccess(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		_, err := vaultClient(t).KVv2("secret").Put(context.Background(), "review/"+name, map[string]any{"value": "v" + name})
		require.NoError(t, err)
	}
	d := newDrover(t)
	path := writePlatform(t, hubWithSecret("revert-grant", "secret/data/review/a", "info"))
	hub := jobsOf(t, path)[0]
	d.must(0, "apply", path)

	d.must(1, "apply", writePlatform(t, hubWithSecret("revert-grant", "secret/data/review/b", "shouting")))
	rules, err := vaultClient(t).Sys().GetPolicyWithContext(context.Background(), hub.Grant.Name)
	require.NoError(t, err)
	require.Contains(t, rules, "review/a")
	require.Eventually(t, func() bool { return d.run("plan", path).code == 0 }, waitLimit, waitStep, "everything is as it was")
	require.Eventually(t, func() bool { return strings.Contains(d.must(0, "status", path).stdout, " healthy") }, waitLimit, waitStep)
	d.must(0, "destroy", "-yes", path)
}

const pairText = `
platform "pair" {}
linkage "good" {
  driver = "mock_driver"
  api {
    cpu    = 10
    memory = "16MiB"
  }
  workers "compute" {
    count  = 1
    cpu    = 10
    memory = "16MiB"
    queues = ["compute"]
  }
}
`

// A job that a hand had changed and that came back because what the file wanted
// did not start still is what the hand made of it: plan and drift say so.
func TestRevert_DoesNotHideDrift(t *testing.T) {
	d := newDrover(t)
	text := platformText("hidden", "alice")
	path := writePlatform(t, text)
	alice := jobsOf(t, path)[1]
	d.must(0, "apply", path)
	byHand(t, alice.ID, func(job *api.Job) { job.TaskGroups[0].Tasks[0].Resources.MemoryMB = new(96) })
	d.must(1, "apply", writePlatform(t, strings.Replace(text, `"info"`, `"shouting"`, 1)))
	const change = `Resources.MemoryMB: "96" => "64"`
	require.Contains(t, d.must(1, "drift", path).stdout, change)
	require.Contains(t, d.must(1, "plan", path).stdout, change)
	d.must(0, "apply", path)
	require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
	d.must(0, "destroy", "-yes", path)
}
