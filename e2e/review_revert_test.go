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

// A job that a hand had changed, that the apply set right, and that came back
// because another one failed, still is what the hand made of it: plan and
// drift say so.
func TestRevert_DoesNotHideDrift(t *testing.T) {
	d := newDrover(t)
	path := writePlatform(t, pairText)
	good := jobsOf(t, path)[0]
	d.must(0, "apply", path)
	byHand(t, good.ID, func(job *api.Job) { job.Priority = new(61) })
	other := strings.Replace(strings.Split(pairText, "{}\n")[1], `"good"`, `"bad"`, 1)
	bad := writePlatform(t, pairText+strings.Replace(other, `"bad" {`, `"bad" {
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "plan9"
  }`, 1))
	d.must(1, "apply", bad)
	require.Contains(t, d.must(1, "drift", path).stdout, `Priority: "61" => "50"`)
	require.Contains(t, d.must(1, "plan", path).stdout, `Priority: "61" => "50"`)
	d.must(0, "apply", path)
	require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
	d.must(0, "destroy", "-yes", path)
}
