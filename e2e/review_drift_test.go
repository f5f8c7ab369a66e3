//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"
)

// on returns the same operator in a subtest.
func (d *drover) on(t testing.TB) *drover {
	other := *d
	other.t = t
	return &other
}

// What a hand did to anything that an apply made is drift, whatever it is.
func TestDrift_NamesWhatAHandDid(t *testing.T) {
	ctx := context.Background()
	d := newDrover(t)
	path := writePlatform(t, platformText("hand", "alice"))
	jobs := jobsOf(t, path)
	hub, alice := jobs[0], jobs[1]
	d.must(0, "apply", path)
	require.Contains(t, d.must(0, "drift", path).stdout, "No drift")

	t.Run("a policy in Vault", func(t *testing.T) {
		d := d.on(t)
		require.NoError(t, vaultClient(t).Sys().PutPolicyWithContext(ctx, hub.Grant.Name, `path "secret/data/*" { capabilities = ["read"] }`))
		require.Contains(t, d.must(1, "drift", path).stdout, "vault grant "+hub.Grant.Name)
		require.Contains(t, d.must(1, "plan", path).stdout, "vault grant "+hub.Grant.Name)
		d.must(0, "apply", path)
		require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
	})

	t.Run("a secret in Vault", func(t *testing.T) {
		d := d.on(t)
		s := hub.Secrets[0]
		kv := vaultClient(t).KVv2(s.Mount)
		require.NoError(t, kv.Delete(ctx, s.Path))
		require.Contains(t, d.must(1, "drift", path).stdout, "secret "+s.Mount+"/"+s.Path)
		require.Contains(t, d.must(1, "apply", path).stderr, "was deleted in Vault")
		require.NoError(t, kv.Undelete(ctx, s.Path, []int{1}))
		require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
	})

	t.Run("the mark of a job", func(t *testing.T) {
		d := d.on(t)
		byHand(t, alice.ID, func(job *api.Job) { delete(job.Meta, "managed_by") })
		r := d.must(1, "drift", path)
		require.Contains(t, r.stdout, string(alice.ID))
		require.Contains(t, r.stdout, `in namespace "drover"`)
		require.Contains(t, d.must(1, "apply", path).stderr, "does not carry Drover's mark")
		byHand(t, alice.ID, func(job *api.Job) { job.Meta["managed_by"] = "drover" })
		d.must(0, "apply", path)
		require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
	})

	t.Run("a job that was stopped, and one that was purged", func(t *testing.T) {
		d := d.on(t)
		for _, purge := range []bool{false, true} {
			_, _, err := nomadClient(t).Jobs().Deregister(string(alice.ID), purge, nil)
			require.NoError(t, err)
			require.Contains(t, d.must(1, "drift", path).stdout, string(alice.ID))
			d.must(0, "apply", path)
			require.Contains(t, d.must(0, "drift", path).stdout, "No drift")
		}
	})

	t.Run("a job that was purged and is not wanted any more", func(t *testing.T) {
		d := d.on(t)
		_, _, err := nomadClient(t).Jobs().Deregister(string(alice.ID), true, nil)
		require.NoError(t, err)
		without := writePlatform(t, platformText("hand"))
		d.must(0, "apply", without)
		require.Contains(t, d.must(0, "drift", without).stdout, "No drift")
	})

	t.Run("a volume, and the job comes up on a new one", func(t *testing.T) {
		d := d.on(t)
		d.must(0, "apply", path)
		d.must(0, "destroy", "-yes", path)
		volumes, _, err := nomadClient(t).HostVolumes().List(&api.HostVolumeListRequest{}, nil)
		require.NoError(t, err)
		for _, v := range volumes {
			if v.Name == string(alice.Volume.ID) {
				require.Eventually(t, func() bool {
					_, _, err := nomadClient(t).HostVolumes().Delete(&api.HostVolumeDeleteRequest{ID: v.ID}, nil)
					return err == nil
				}, waitLimit, waitStep)
			}
		}
		r := d.run("apply", path)
		require.Zero(t, r.code, "%s%s", r.stdout, r.stderr)
		runningAlloc(t, alice.ID)
	})
	d.must(0, "destroy", "-yes", path)
}
