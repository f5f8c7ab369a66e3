package vault

import "context"

// Rules returns the text of a grant's policy, "" when there is none, so that
// what a grant was can be brought back.
func (c *Client) Rules(ctx context.Context, name string) (string, error) {
	if err := checkGrant(name); err != nil {
		return "", err
	}
	rules, err := c.api.Sys().GetPolicyWithContext(ctx, name)
	return rules, c.explain("read "+policyPath(name), err)
}
