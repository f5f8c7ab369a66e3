//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"

	consulapi "github.com/hashicorp/consul/api"
	"github.com/hashicorp/nomad/api"
	vaultapi "github.com/hashicorp/vault/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// A token that may read but not write is refused in one sentence before
// anything is changed.
func TestApply_WithoutPermission(t *testing.T) {
	for name, token := range map[string]func(*testing.T) (env, want string){
		"Nomad":                   readingNomadToken,
		"Nomad, making volumes":   nomadToken("may-not-make-volumes", "does not permit the token to create volumes", `"submit-job"`, true),
		"Nomad, mounting volumes": nomadToken("may-not-mount-volumes", "does not permit the token to register job", `"submit-job", "host-volume-create"`, false),
		"Consul":                  nothingConsulToken,
		"Vault":                   readingVaultToken,
	} {
		t.Run(name, func(t *testing.T) {
			path := writePlatform(t, platformText("may-not-"+services.Derive(services.KindUser, name).Hash(), "alice"))
			jobs := jobsOf(t, path)
			env, want := token(t)
			r := newDrover(t).with(env).must(1, "apply", path)
			server, _, _ := strings.Cut(name, ",")
			require.Contains(t, r.stderr, "Error: "+server+" at ")
			require.Contains(t, r.stderr, want)
			require.Contains(t, r.stderr, "drover operator policy")

			for _, job := range jobs {
				_, _, err := nomadClient(t).Jobs().Info(string(job.ID), nil)
				require.ErrorContains(t, err, "404")
			}
			volumes, _, err := nomadClient(t).HostVolumes().List(&api.HostVolumeListRequest{}, nil)
			require.NoError(t, err)
			for _, v := range volumes {
				require.NotEqual(t, string(jobs[0].Volume.ID), v.Name)
			}
			policy, err := vaultClient(t).Sys().GetPolicyWithContext(context.Background(), jobs[0].Grant.Name)
			require.NoError(t, err)
			require.Empty(t, policy, "no grant was written")
		})
	}
}

func readingNomadToken(t *testing.T) (env, want string) {
	return nomadToken("may-read", "does not permit the token to create volumes", `"read-logs"`, false)(t)
}

// nomadToken makes a token that may read, and more.
func nomadToken(name, want, capabilities string, mount bool) func(*testing.T) (string, string) {
	return func(t *testing.T) (string, string) {
		rules := `namespace "drover" { capabilities = ["list-jobs", "read-job", "host-volume-read", ` + capabilities + `] }
node { policy = "read" }
agent { policy = "read" }`
		if mount {
			rules += `
host_volume "*" { policy = "write" }`
		}
		_, err := nomadClient(t).ACLPolicies().Upsert(&api.ACLPolicy{Name: name, Rules: rules}, nil)
		require.NoError(t, err)
		token, _, err := nomadClient(t).ACLTokens().Create(&api.ACLToken{Name: name, Type: "client", Policies: []string{name}}, nil)
		require.NoError(t, err)
		return "NOMAD_TOKEN=" + token.SecretID, want
	}
}

func nothingConsulToken(t *testing.T) (env, want string) {
	client, err := consulapi.NewClient(&consulapi.Config{Address: stack.Consul, Token: stack.Management.Consul.Reveal()})
	require.NoError(t, err)
	token, _, err := client.ACL().TokenCreate(&consulapi.ACLToken{Description: "may do nothing"}, nil)
	require.NoError(t, err)
	return "CONSUL_HTTP_TOKEN=" + token.SecretID, "does not permit the token"
}

func readingVaultToken(t *testing.T) (env, want string) {
	client := vaultClient(t)
	require.NoError(t, client.Sys().PutPolicy("may-read", `
path "sys/policies/acl" { capabilities = ["list"] }
path "sys/policies/acl/*" { capabilities = ["read"] }
path "auth/jwt-nomad/role" { capabilities = ["list"] }
path "auth/jwt-nomad/role/*" { capabilities = ["read"] }
path "secret/metadata/*" { capabilities = ["read", "list"] }
path "sys/internal/ui/mounts/secret" { capabilities = ["read"] }`))
	secret, err := client.Auth().Token().Create(&vaultapi.TokenCreateRequest{Policies: []string{"may-read"}})
	require.NoError(t, err)
	return "VAULT_TOKEN=" + secret.Auth.ClientToken, "does not permit the token"
}
