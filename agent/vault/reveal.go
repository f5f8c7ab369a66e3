package vault

import (
	"context"

	"github.com/drover-platform/drover/services"
)

// Reveal reads the value of a generated secret. Drover's own token may not:
// it is for checks with an operator's token that the value is where it belongs
// and nowhere else.
func (c *Client) Reveal(ctx context.Context, s services.GeneratedSecret) (services.Token, error) {
	doing := "read " + s.Mount + "/data/" + s.Path
	secret, err := c.api.KVv2(s.Mount).Get(ctx, s.Path)
	if err != nil {
		return services.Token{}, c.explain(doing, err)
	}
	value, ok := secret.Data[services.SecretKey].(string)
	if !ok || value == "" {
		return services.Token{}, services.Errorf(services.CodeNotFound, "%s: there is no value under the key %q", doing, services.SecretKey)
	}
	return services.NewToken(value), nil
}
