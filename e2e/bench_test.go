//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	logger "github.com/hashicorp/go-hclog"
	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/agent/nomad"
	"github.com/drover-platform/drover/agent/state"
	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
)

// benchJobs is how many jobs are registered.
const benchJobs = 500

// BenchmarkRegister measures how many mock-driver jobs a second an apply
// registers, observing, planning, check-and-set and Drover's own state
// included, next to a bare loop over Nomad's client with the same jobs, in the
// same run. Neither waits for health.
func BenchmarkRegister(b *testing.B) {
	for range b.N {
		bare := bareLoop(b, mockPlatform(b, "bare"))
		applied := applyAll(b, mockPlatform(b, "applied"))
		b.ReportMetric(bare, "bare_jobs/s")
		b.ReportMetric(applied, "apply_jobs/s")
		b.ReportMetric(applied/bare, "ratio")
	}
}

// mockPlatform is a platform of Apps that run nothing.
func mockPlatform(b *testing.B, name string) *hcl.File {
	var text strings.Builder
	fmt.Fprintf(&text, "platform %q {}\napp \"mock\" {\n  driver = \"mock_driver\"\n  cpu = 1\n  memory = \"10MiB\"\n}\n", name)
	for i := range benchJobs {
		fmt.Fprintf(&text, "user \"u%d\" {\n  app \"mock\" {}\n}\n", i)
	}
	file, diags := hcl.Parse(name+".hcl", []byte(text.String()), hcl.Options{})
	require.False(b, diags.HasErrors(), "%s", diags)
	return file
}

func bareLoop(b *testing.B, file *hcl.File) float64 {
	jobs := jobspecs.Jobs(&file.Platform)
	client := nomadClient(b)
	began := time.Now()
	for _, job := range jobs {
		_, _, err := client.Jobs().Register(job.Spec, nil)
		require.NoError(b, err)
	}
	rate := float64(len(jobs)) / time.Since(began).Seconds()
	purge(b, jobs)
	return rate
}

func applyAll(b *testing.B, file *hcl.File) float64 {
	e := newEngine(b)
	d := scheduler.Desired{Platform: file.Platform.Identity, Name: file.Platform.Name, Namespace: stack.Namespace, Vault: file.Platform.Vault}
	ctx := context.Background()
	began := time.Now()
	d.Jobs = jobspecs.Jobs(&file.Platform)
	plan, err := e.Plan(ctx, d, false)
	require.NoError(b, err)
	outcome, err := e.Apply(ctx, plan, engine.Options{Detach: true})
	require.NoError(b, err)
	rate := float64(outcome.Registered) / time.Since(began).Seconds()
	require.Equal(b, benchJobs, outcome.Registered)
	purge(b, d.Jobs)
	return rate
}

// newEngine is an engine on the stack with a state folder on disk, with
// Drover's own tokens.
func newEngine(t testing.TB) *engine.Engine {
	t.Helper()
	n, err := nomad.New(nomad.Config{Address: stack.Nomad, Token: stack.Drover.Nomad, Namespace: stack.Namespace})
	require.NoError(t, err)
	c, err := consul.New(consul.Config{Address: stack.Consul, Token: stack.Drover.Consul})
	require.NoError(t, err)
	v, err := vault.New(vault.Config{Address: stack.Vault, Token: stack.Drover.Vault})
	require.NoError(t, err)
	s, err := state.Open(state.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &engine.Engine{Nomad: n, Consul: c, Vault: v, State: s, Logger: logger.NewNullLogger(), Now: time.Now}
}

// purge removes jobs and what they left, so that the next measurement finds
// the server as this one did.
func purge(b *testing.B, jobs []*jobspecs.Job) {
	client := nomadClient(b)
	for _, job := range jobs {
		_, _, err := client.Jobs().Deregister(string(job.ID), true, &api.WriteOptions{})
		require.NoError(b, err)
	}
	require.NoError(b, client.System().GarbageCollect())
}
