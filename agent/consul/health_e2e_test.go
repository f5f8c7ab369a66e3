//go:build e2e

package consul_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/consul/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/agent/consul"
	"github.com/drover-platform/drover/services"
)

func TestHealth(t *testing.T) {
	c := clientAt(t, address, managementToken)
	got, err := c.Health(t.Context(), "app-nobody")
	require.NoError(t, err)
	require.Equal(t, consul.ServiceHealth{Service: "app-nobody", Instances: []consul.Instance{}}, got)

	register(t, "health-n2", "app-health", "b", "critical")
	register(t, "health-n1", "app-health", "a", "passing", "drover", "kind=app")
	got, err = c.Health(t.Context(), "app-health")
	require.NoError(t, err)
	require.Equal(t, consul.ServiceHealth{Service: "app-health", Instances: []consul.Instance{
		{ID: "a", Address: "10.1.1.1:9001", Node: "health-n1", Tags: []string{"drover", "kind=app"}, Status: consul.Passing,
			Checks: []consul.Check{{ID: "check-a", Name: "ready", Status: consul.Passing, Output: "says passing"}}},
		{ID: "b", Address: "10.1.1.1:9001", Node: "health-n2", Tags: []string{}, Status: consul.Critical, Output: "says critical",
			Checks: []consul.Check{{ID: "check-b", Name: "ready", Status: consul.Critical, Output: "says critical"}}},
	}}, got)
	require.False(t, got.Passing())
}

// Hundreds of services in a few requests, and each as Health alone sees it.
func TestHealthAll(t *testing.T) {
	const nodes, each = 5, 60
	for n := range nodes {
		node := fmt.Sprintf("all-n%d", n)
		for i := range each {
			status := []string{"passing", "warning", "critical"}[i%3]
			register(t, node, fmt.Sprintf("app-all-%d", i), fmt.Sprintf("all-%d-%d", n, i), status, "drover")
		}
		register(t, node, "theirs", fmt.Sprintf("theirs-%d", n), "critical", "not-drover")
	}
	_, err := raw(t).Catalog().Register(&api.CatalogRegistration{
		Node: "all-n1", Address: "10.0.0.1", SkipNodeUpdate: true,
		Check: &api.AgentCheck{Node: "all-n1", CheckID: "serfHealth", Name: "Serf Health Status", Status: "critical", Output: "no ack"},
	}, nil)
	require.NoError(t, err)

	target, err := url.Parse(address)
	require.NoError(t, err)
	var requests atomic.Int64
	forward := httputil.NewSingleHostReverseProxy(target)
	counter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(counter.Close)

	c := clientAt(t, counter.URL, managementToken)
	got, err := c.HealthAll(t.Context(), services.ManagedBy)
	require.NoError(t, err)
	require.EqualValues(t, 2+nodes, requests.Load())
	require.Len(t, got, each)
	for name, health := range got {
		one, err := c.Health(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, one, health)
		require.Len(t, health.Instances, nodes)
		require.Equal(t, consul.Critical, health.Instances[1].Status, "its node is critical")
	}
	none, err := c.HealthAll(t.Context(), "nobody")
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = c.HealthAll(t.Context(), `x" in Tags or "`)
	require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
}

func TestWatch(t *testing.T) {
	c := clientAt(t, address, managementToken)
	register(t, "watch-n1", "app-watch", "w", "critical")
	health, index, err := c.Watch(t.Context(), "app-watch", 0)
	require.NoError(t, err)
	require.Equal(t, consul.Critical, health.Instances[0].Status)
	require.NotZero(t, index)

	type news struct {
		health consul.ServiceHealth
		index  uint64
		err    error
	}
	seen := make(chan news)
	go func() {
		health, next, err := c.Watch(t.Context(), "app-watch", index)
		seen <- news{health, next, err}
	}()
	register(t, "watch-n1", "app-watch", "w", "passing")
	got := <-seen
	require.NoError(t, got.err)
	require.Greater(t, got.index, index)
	require.True(t, got.health.Passing())

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _, err := c.Watch(ctx, "app-watch", got.index)
		seen <- news{err: err}
	}()
	cancel()
	require.ErrorIs(t, (<-seen).err, context.Canceled)
}
