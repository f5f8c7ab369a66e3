package devstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// readyConsul waits for a leader and makes the tokens that the configurations
// of Consul and Nomad name.
func (s *Stack) readyConsul(ctx context.Context, gone <-chan struct{}) error {
	c := server{address: s.Consul, header: "X-Consul-Token", token: s.state.ConsulManagement}
	err := wait(ctx, gone, readyLimit, func(ctx context.Context) error {
		var leader string
		if err := c.call(ctx, http.MethodGet, "/v1/status/leader", nil, &leader); err != nil {
			return err
		}
		if leader == "" {
			return errors.New("no leader")
		}
		// Known already, or not bootstrapped yet.
		if c.call(ctx, http.MethodGet, "/v1/acl/token/self", nil, nil) == nil {
			return nil
		}
		return c.call(ctx, http.MethodPut, "/v1/acl/bootstrap", object{"BootstrapSecret": s.state.ConsulManagement}, nil)
	})
	if err != nil {
		return err
	}
	for _, t := range []struct {
		policy, token string
		rules         string
	}{
		{"devstack-agent", s.state.ConsulAgent, rules(
			rule{"node", s.state.Name, "write"}, rule{"node_prefix", "", "read"}, rule{"service_prefix", "", "read"})},
		{"devstack-nomad", s.state.ConsulNomad, rules(
			rule{"agent_prefix", "", "read"}, rule{"node_prefix", "", "read"}, rule{"service_prefix", "", "write"})},
	} {
		as := c
		as.token = t.token
		if as.call(ctx, http.MethodGet, "/v1/acl/token/self", nil, nil) == nil {
			continue
		}
		var old object
		err := c.call(ctx, http.MethodGet, "/v1/acl/policy/name/"+t.policy, nil, &old)
		if err != nil {
			err = c.call(ctx, http.MethodPut, "/v1/acl/policy", object{"Name": t.policy, "Rules": t.rules}, nil)
		}
		if err == nil {
			err = c.call(ctx, http.MethodPut, "/v1/acl/token", object{
				"Description": t.policy, "SecretID": t.token, "Policies": []object{{"Name": t.policy}},
			}, nil)
		}
		if err != nil {
			return fmt.Errorf("make token %s: %w", t.policy, err)
		}
	}
	return nil
}

// rule is a rule of a Consul policy.
type rule struct{ kind, name, policy string }

// rules writes a Consul policy.
func rules(rules ...rule) string {
	f := hclwrite.NewEmptyFile()
	for _, r := range rules {
		f.Body().AppendNewBlock(r.kind, []string{r.name}).Body().SetAttributeValue("policy", cty.StringVal(r.policy))
	}
	return string(f.Bytes())
}

// readyVault waits for Vault to answer, initializes it the first time, unseals
// it, and waits until it is active.
func (s *Stack) readyVault(ctx context.Context, gone <-chan struct{}) error {
	v := server{address: s.Vault, header: "X-Vault-Token"}
	var status struct {
		Initialized bool `json:"initialized"`
		Sealed      bool `json:"sealed"`
	}
	err := wait(ctx, gone, readyLimit, func(ctx context.Context) error {
		return v.call(ctx, http.MethodGet, "/v1/sys/seal-status", nil, &status)
	})
	if err != nil {
		return err
	}
	if !status.Initialized {
		var made struct {
			Keys []string `json:"keys_base64"`
			Root string   `json:"root_token"`
		}
		if err := v.call(ctx, http.MethodPut, "/v1/sys/init", object{"secret_shares": 1, "secret_threshold": 1}, &made); err != nil {
			return fmt.Errorf("initialize: %w", err)
		}
		s.state.VaultRoot, s.state.VaultKey = made.Root, made.Keys[0]
		if err := s.state.save(string(s.dir)); err != nil {
			return err
		}
		status.Sealed = true
	}
	if status.Sealed {
		if err := v.call(ctx, http.MethodPut, "/v1/sys/unseal", object{"key": s.state.VaultKey}, nil); err != nil {
			return fmt.Errorf("unseal: %w", err)
		}
	}
	return wait(ctx, gone, readyLimit, func(ctx context.Context) error {
		return v.call(ctx, http.MethodGet, "/v1/sys/health", nil, nil)
	})
}

// readyNomadServer waits for a leader with its keys, and for the management
// token.
func (s *Stack) readyNomadServer(ctx context.Context, gone <-chan struct{}) error {
	n := s.nomadServer()
	err := wait(ctx, gone, readyLimit, func(ctx context.Context) error {
		var leader string
		if err := n.call(ctx, http.MethodGet, "/v1/status/leader", nil, &leader); err != nil {
			return err
		}
		if !strings.Contains(leader, ":") {
			return errors.New("no leader")
		}
		var keys struct{ Keys []object }
		if err := n.call(ctx, http.MethodGet, "/.well-known/jwks.json", nil, &keys); err != nil {
			return err
		}
		if len(keys.Keys) == 0 {
			return errors.New("no keys")
		}
		if n.call(ctx, http.MethodGet, "/v1/acl/token/self", nil, nil) == nil {
			return nil
		}
		return n.call(ctx, http.MethodPost, "/v1/acl/bootstrap", object{"BootstrapSecret": s.state.NomadManagement}, nil)
	})
	if err != nil {
		return err
	}
	return s.keepSnapshot(ctx)
}

// readyNomad waits for a leader and for the node, which must have found Consul
// and Vault: jobs that use them are placed nowhere else.
func (s *Stack) readyNomad(ctx context.Context, gone <-chan struct{}) error {
	if err := s.readyNomadServer(ctx, gone); err != nil {
		return err
	}
	n := s.nomadServer()
	err := wait(ctx, gone, readyLimit, func(ctx context.Context) error {
		// The client's own view first: after a restart, the server's is of the
		// life before.
		var self struct {
			Stats struct {
				Client struct {
					NodeID       string `json:"node_id"`
					HeartbeatTTL string `json:"heartbeat_ttl"`
				} `json:"client"`
			} `json:"stats"`
		}
		if err := n.call(ctx, http.MethodGet, "/v1/agent/self", nil, &self); err != nil {
			return err
		}
		client := self.Stats.Client
		if client.HeartbeatTTL == "" || client.HeartbeatTTL == "0s" { // what registering tells it
			return errors.New("its client has not registered")
		}
		var node struct {
			Status     string
			Attributes map[string]string
			Drivers    map[string]struct{ Healthy bool }
		}
		if err := n.call(ctx, http.MethodGet, "/v1/node/"+client.NodeID, nil, &node); err != nil {
			return err
		}
		switch {
		case node.Status != "ready":
			return errors.New("its node is " + node.Status)
		case node.Attributes["consul.version"] == "":
			return errors.New("its node has not found Consul")
		case node.Attributes["vault.version"] == "":
			return errors.New("its node has not found Vault")
		case !node.Drivers["exec"].Healthy:
			return errors.New("its node has no healthy exec driver")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.keepSnapshot(ctx)
}

func (s *Stack) nomadServer() server {
	return server{address: s.Nomad, header: "X-Nomad-Token", token: s.state.NomadManagement}
}

// keepSnapshot makes Nomad's raft keep a snapshot, by asking for one. Without
// it, a server that starts again has a moment between winning its election and
// replaying its log in which it knows neither its keys nor its nodes and
// refuses its own client, which then waits up to half a minute before it tries
// again.
func (s *Stack) keepSnapshot(ctx context.Context) error {
	return s.nomadServer().call(ctx, http.MethodGet, "/v1/operator/snapshot", nil, nil)
}
