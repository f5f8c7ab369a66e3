package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/drover-platform/drover/services"
)

// Audience is the audience of the workload identities that tasks log in to
// Vault with: Nomad's default_identity says the same.
const Audience = "vault.io"

// DefaultUserClaim is what tells logins apart in Vault: the subject of a
// workload identity, "<region>:<namespace>:<job>:<group>:<task>:<identity>",
// which every Nomad gives. Nomad's documentation suggests "/nomad_job_id";
// then jobs of one name in two namespaces share one Vault entity, and a
// templated policy that reads the entity's namespace gives one job the other's
// secrets. "/extra_claims/unique_id" is as good as the subject, and one entity
// a job, where Nomad's agents are configured to issue it.
const DefaultUserClaim = "sub"

// tokenPeriod is within how many seconds a task's token has to be renewed;
// Nomad renews it.
const tokenPeriod = 1800

// grantPrefix begins the name of every role and policy that Drover writes.
const grantPrefix = "drover-"

// validGrant reports whether name is one that [services.GrantName] gives.
// Drover's own policies never are.
func validGrant(name string) bool {
	id, ok := strings.CutPrefix(name, grantPrefix)
	_, err := services.ParseID(id)
	return ok && err == nil
}

func checkGrant(name string) error {
	if !validGrant(name) {
		return services.Errorf(services.CodeInvalid, "%q is not the name of a Vault role or policy that Drover may write: want \"drover-\" and a job ID", name)
	}
	return nil
}

func policyPath(name string) string { return "sys/policies/acl/" + name }

func rolePath(auth, name string) string { return "auth/" + auth + "/role/" + name }

// role returns every setting of a grant's role that decides who may log in and
// what the login is worth. All of them are written, defaults included, so that
// writing the role undoes whatever a hand changed.
func (c *Client) role(g services.Grant) map[string]any {
	return map[string]any{
		"role_type":               "jwt",
		"bound_audiences":         []string{Audience},
		"bound_subject":           "",
		"bound_claims_type":       "string",
		"bound_claims":            map[string]string{"nomad_namespace": g.Namespace, "nomad_job_id": string(g.Job)},
		"user_claim":              c.userClaim,
		"user_claim_json_pointer": strings.HasPrefix(c.userClaim, "/"),
		"groups_claim":            "",
		"claim_mappings": map[string]string{
			"nomad_namespace": "nomad_namespace",
			"nomad_job_id":    "nomad_job_id",
			"nomad_task":      "nomad_task",
		},
		"token_type":              "service",
		"token_policies":          []string{g.Name},
		"token_period":            tokenPeriod,
		"token_ttl":               0,
		"token_max_ttl":           0,
		"token_explicit_max_ttl":  0,
		"token_num_uses":          0,
		"token_bound_cidrs":       []string{},
		"token_no_default_policy": false, // the default policy lets Nomad renew the token
	}
}

// WriteGrant writes the policy, then the role that gives it, so that no login
// is ever without its policy. It may be repeated. A grant whose name is not of
// a job is CodeInvalid; an auth mount that does not exist is CodeNotFound.
func (c *Client) WriteGrant(ctx context.Context, auth string, g services.Grant) error {
	if err := checkGrant(g.Name); err != nil {
		return err
	}
	if g.Namespace == "" || g.Job == "" || strings.TrimSpace(g.Rules) == "" {
		return services.Errorf(services.CodeInvalid, "grant %s has no job, no namespace or no rules: its role would let others in, or be worth nothing", g.Name)
	}
	if err := c.api.Sys().PutPolicyWithContext(ctx, g.Name, g.Rules); err != nil {
		return c.explain("write "+policyPath(g.Name), err)
	}
	path := rolePath(auth, g.Name)
	if _, err := c.api.Logical().WriteWithContext(ctx, path, c.role(g)); err != nil {
		return c.missingMount("auth method "+auth, c.explain("write "+path, err))
	}
	return nil
}

// DeleteGrant removes the role, so that nobody logs in any more, then the
// policy, so that the tokens that are left are worth nothing. What does not
// exist is no error.
func (c *Client) DeleteGrant(ctx context.Context, auth, name string) error {
	if err := checkGrant(name); err != nil {
		return err
	}
	path := rolePath(auth, name)
	if _, err := c.api.Logical().DeleteWithContext(ctx, path); err != nil {
		return c.missingMount("auth method "+auth, c.explain("delete "+path, err))
	}
	return c.explain("delete "+policyPath(name), c.api.Sys().DeletePolicyWithContext(ctx, name))
}

// missingMount adds to a "not found" of a write that the mount is missing:
// Vault says 404 to a write for no other reason.
func (c *Client) missingMount(what string, err error) error {
	if services.ErrorCode(err) != services.CodeNotFound {
		return err
	}
	return services.Errorf(services.CodeNotFound, "Vault at %s has no %s", c.Address(), what).
		WithHint("Make it with \"drover operator bootstrap\"")
}

// digest is a short name of a grant's content, from the settings that [role]
// writes; nil and "" stand for a role and a policy that do not exist.
func digest(wanted, role map[string]any, rules string) (string, error) {
	picked := map[string]any{}
	if role != nil {
		for key := range wanted {
			picked[key] = role[key]
			if list, ok := role[key].([]any); ok && len(list) == 0 {
				picked[key] = nil
			} else if list, ok := role[key].([]string); ok && len(list) == 0 {
				picked[key] = nil
			}
		}
	}
	text, err := json.Marshal(picked) // sorts by key
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(text)
	h.Write([]byte{0})
	h.Write([]byte(strings.TrimSpace(rules)))
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
