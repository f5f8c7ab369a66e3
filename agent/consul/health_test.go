package consul

import (
	"testing"

	"github.com/hashicorp/consul/api"
	"github.com/stretchr/testify/require"
)

func TestInstance_TheWorstCheckCounts(t *testing.T) {
	check := func(name, status, output string) *api.HealthCheck {
		return &api.HealthCheck{CheckID: name, Name: name, Status: status, Output: output}
	}
	for name, c := range map[string]struct {
		checks api.HealthChecks
		status Status
		output string
	}{
		"no check":                       {nil, Passing, ""},
		"all pass":                       {api.HealthChecks{check("a", "passing", "fine"), check("b", "passing", "fine")}, Passing, ""},
		"one warns":                      {api.HealthChecks{check("a", "passing", "fine"), check("b", "warning", "slow\n")}, Warning, "slow"},
		"critical wins":                  {api.HealthChecks{check("a", "warning", "slow"), check("b", "critical", "refused"), check("c", "passing", "")}, Critical, "refused"},
		"the node's check counts":        {api.HealthChecks{check("a", "passing", ""), check("serfHealth", "critical", "no ack")}, Critical, "no ack"},
		"no output: the check's name":    {api.HealthChecks{check("a", "critical", "")}, Critical, "a"},
		"maintenance":                    {api.HealthChecks{check("a", "passing", ""), check(api.NodeMaint, "critical", "by hand")}, Critical, "by hand"},
		"a status that is not known yet": {api.HealthChecks{check("a", "sleeping", "zzz")}, Critical, "zzz"},
	} {
		t.Run(name, func(t *testing.T) {
			got := instance("n", "10.0.0.1", &api.AgentService{ID: "i", Port: 80}, c.checks)
			require.Equal(t, c.status, got.Status)
			require.Equal(t, c.output, got.Output)
			require.NotNil(t, got.Checks)
			require.Equal(t, c.status == Passing, ServiceHealth{Instances: []Instance{got}}.Passing())
		})
	}
	require.False(t, ServiceHealth{}.Passing(), "nothing is not passing")
}

func TestInstance_Address(t *testing.T) {
	require.Equal(t, "10.0.0.1:80", instance("n", "10.0.0.1", &api.AgentService{Port: 80}, nil).Address)
	require.Equal(t, "10.0.0.2:80", instance("n", "10.0.0.1", &api.AgentService{Address: "10.0.0.2", Port: 80}, nil).Address)
	require.Equal(t, "[fd00::1]:80", instance("n", "fd00::1", &api.AgentService{Port: 80}, nil).Address)
}
