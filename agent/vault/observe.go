package vault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"sync"

	"github.com/hashicorp/vault/api"
	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/services"
)

// parallel bounds the requests that one call has under way.
const parallel = 16

// Observed is what Vault has of what Drover writes. It holds no secret value.
type Observed struct {
	Grants  map[string]ObservedGrant  // by name; absent ones are left out
	Secrets map[string]ObservedSecret // by path below the mount; absent ones are left out
}

// ObservedGrant is a role, a policy, or both, of one name.
type ObservedGrant struct {
	// Version is a digest of the content, for wanted grants. Others are not
	// read, because there may be thousands that belong to other platforms;
	// their version is [Listed].
	Version string
	Matches bool // role and policy exist and are as wanted
}

// Listed is the version of a grant that exists and was not read.
const Listed = "listed"

// ObservedSecret is a generated secret.
type ObservedSecret struct {
	Version string // KV version
	Owned   bool   // carries Drover's mark
}

// Observe looks at every grant with a name that Drover gives, wanted or not,
// and at the wanted secrets. Whether a value exists is read from its metadata;
// the value is not read.
//
// A secret that was deleted, and one that [Client.GenerateSecret] was killed
// over before it could mark it, are left out as if they were absent:
// GenerateSecret refuses the first and finishes the second.
//
// It lists first and asks about nothing that a list does not have, so that a
// new platform of thousands of Apps costs a handful of requests.
func (c *Client) Observe(ctx context.Context, want []services.Grant, secrets []services.GeneratedSecret, auth string) (Observed, error) {
	o := Observed{Grants: map[string]ObservedGrant{}, Secrets: map[string]ObservedSecret{}}
	// One after the other: the lists of grants find out whether the token is
	// any good, and say so better than the look-up of mounts would.
	if err := c.observeGrants(ctx, want, auth, o.Grants); err != nil {
		return o, err
	}
	return o, c.observeSecrets(ctx, secrets, o.Secrets)
}

func (c *Client) observeGrants(ctx context.Context, want []services.Grant, auth string, out map[string]ObservedGrant) error {
	policies, err := c.list(ctx, "sys/policies/acl", "policies")
	if err != nil {
		return err
	}
	roles, err := c.list(ctx, "auth/"+auth+"/role", "auth method "+auth)
	if err != nil && (len(want) > 0 || services.ErrorCode(err) != services.CodeNotFound) {
		return err // a platform without secrets needs no auth method
	}
	hasPolicy, hasRole := set(policies), set(roles)
	for _, names := range [][]string{policies, roles} {
		for _, name := range names {
			if validGrant(name) {
				out[name] = ObservedGrant{Version: Listed}
			}
		}
	}
	var mu sync.Mutex
	return each(ctx, want, func(ctx context.Context, g services.Grant) error {
		if !hasPolicy[g.Name] && !hasRole[g.Name] {
			return nil
		}
		seen, err := c.observeGrant(ctx, g, auth)
		mu.Lock()
		defer mu.Unlock()
		out[g.Name] = seen
		return err
	})
}

func (c *Client) observeGrant(ctx context.Context, g services.Grant, auth string) (ObservedGrant, error) {
	rules, err := c.api.Sys().GetPolicyWithContext(ctx, g.Name)
	if err != nil {
		return ObservedGrant{}, c.explain("read "+policyPath(g.Name), err)
	}
	role, err := c.read(ctx, rolePath(auth, g.Name))
	if err != nil {
		return ObservedGrant{}, err
	}
	wanted := c.role(g)
	have, errHave := digest(wanted, role, rules)
	need, errNeed := digest(wanted, wanted, g.Rules)
	return ObservedGrant{Version: have, Matches: have == need}, errors.Join(errHave, errNeed)
}

func (c *Client) observeSecrets(ctx context.Context, secrets []services.GeneratedSecret, out map[string]ObservedSecret) error {
	// The folder of a job's secrets lies in one of all jobs' folders.
	type folder struct{ mount, path string }
	folders := map[folder]map[string]bool{}
	mounts := map[string]bool{}
	for _, s := range secrets {
		f := folder{s.Mount, path.Dir(path.Dir(s.Path))}
		if folders[f] != nil {
			continue
		}
		if !mounts[s.Mount] {
			if err := c.checkKV(ctx, s.Mount); err != nil {
				return err
			}
			mounts[s.Mount] = true
		}
		names, err := c.list(ctx, path.Join(s.Mount, "metadata", f.path), "mount "+s.Mount)
		if err != nil {
			return err
		}
		folders[f] = set(names)
	}
	var mu sync.Mutex
	return each(ctx, secrets, func(ctx context.Context, s services.GeneratedSecret) error {
		job := path.Dir(s.Path)
		if !folders[folder{s.Mount, path.Dir(job)}][path.Base(job)+"/"] {
			return nil
		}
		m, err := c.metadata(ctx, s)
		if err != nil || m.absent() || m.deleted() || m.halfMade() {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		out[s.Path] = ObservedSecret{Version: strconv.Itoa(m.CurrentVersion), Owned: m.owned()}
		return nil
	})
}

// list returns the names below path, none when it is empty. what names the
// mount in the error that says that it is missing.
func (c *Client) list(ctx context.Context, at, what string) ([]string, error) {
	resp, err := c.api.Logical().ReadRawWithDataWithContext(ctx, at, map[string][]string{"list": {"true"}})
	if resp != nil {
		defer resp.Body.Close()
	}
	if r, ok := errors.AsType[*api.ResponseError](err); ok && r.StatusCode == http.StatusNotFound && len(r.Errors) == 0 {
		return nil, nil // empty
	}
	if err != nil {
		return nil, c.missingMount(what, c.explain("list "+at, err))
	}
	var body struct{ Data struct{ Keys []string } }
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return nil, services.Errorf(services.CodeInternal, "list %s: decode Vault's answer: %w", at, err)
	}
	return body.Data.Keys, nil
}

func set(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out
}

// each calls do for every item, several at a time, and returns the first
// error.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, item := range items {
		group.Go(func() error { return do(ctx, item) })
	}
	return group.Wait()
}
