package consul

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sync/errgroup"

	"github.com/drover-platform/drover/services"
)

// Status is the health of an instance or of a check, the worst one counting.
type Status string

// The statuses, from good to bad. Maintenance counts as critical.
const (
	Passing  Status = "passing"
	Warning  Status = "warning"
	Critical Status = "critical"
)

// ServiceHealth is the health of one service.
type ServiceHealth struct {
	Service   string     `json:"service"`
	Instances []Instance `json:"instances"` // sorted by ID, never nil; none: not registered
}

// Instance is one registration of a service.
type Instance struct {
	ID      string   `json:"id"`      // Consul's service ID
	Address string   `json:"address"` // "host:port"
	Node    string   `json:"node"`    // Consul's node name
	Tags    []string `json:"tags,omitempty"`
	Status  Status   `json:"status"`
	Output  string   `json:"output,omitempty"` // of the worst check that does not pass
	Checks  []Check  `json:"checks"`           // the service's own, then the node's; never nil
}

// Check is one health check.
type Check struct {
	ID     string `json:"id"` // not stable across Nomad versions; use Name
	Name   string `json:"name"`
	Status Status `json:"status"`
	Output string `json:"output,omitempty"` // what the check said last
}

// Passing reports whether at least one instance is there and all of them pass.
func (s ServiceHealth) Passing() bool {
	return len(s.Instances) > 0 && !slices.ContainsFunc(s.Instances, func(i Instance) bool { return i.Status != Passing })
}

// Health returns the health of a service, with no instances when there are
// none. It returns CodeForbidden when the token may not see all of it: half an
// answer would look like half a service.
func (c *Client) Health(ctx context.Context, service string) (ServiceHealth, error) {
	health, _, err := c.health(ctx, service, query(ctx))
	return health, err
}

// Watch waits until the health of a service may have changed since index, at
// most about five minutes, and returns it with the index to wait from next. It
// returns at once for index 0. Equal answers are possible; the caller compares
// or does not care.
func (c *Client) Watch(ctx context.Context, service string, index uint64) (ServiceHealth, uint64, error) {
	q := query(ctx)
	q.WaitIndex, q.WaitTime = index, watchTime
	health, next, err := c.health(ctx, service, q)
	if next < index {
		next = 0 // Consul was restored from a snapshot: start over
	}
	return health, next, err
}

// watchTime is how long Consul holds a watch without news.
const watchTime = 5 * time.Minute

func (c *Client) health(ctx context.Context, service string, q *api.QueryOptions) (ServiceHealth, uint64, error) {
	entries, meta, err := c.api.Health().Service(service, "", false, q)
	if err != nil {
		return ServiceHealth{}, 0, c.explain("read the health of service "+service, err)
	}
	if meta.ResultsFilteredByACLs {
		return ServiceHealth{}, 0, c.endpoint.Refused(http.StatusForbidden, "read the health of service "+service, "")
	}
	out := ServiceHealth{Service: service, Instances: []Instance{}}
	for _, e := range entries {
		out.Instances = append(out.Instances, instance(e.Node.Node, e.Node.Address, e.Service, e.Checks))
	}
	out.sort()
	return out, meta.LastIndex, nil
}

// HealthAll returns the health of every service that has the tag, by name, in
// two requests and one for each node that runs any. A service without a single
// check, and one that is not registered, is left out. It returns CodeForbidden
// when the token may not see all of it.
func (c *Client) HealthAll(ctx context.Context, tag string) (map[string]ServiceHealth, error) {
	if !services.ValidName(tag) {
		return nil, services.Errorf(services.CodeInvalid, "%q is not a service tag: %s", tag, services.NameRule)
	}
	const doing = "read the health of services"
	checks, err := c.checks(ctx, strconv.Quote(tag)+" in ServiceTags")
	if err != nil {
		return nil, err
	}
	byService := map[string]map[string]api.HealthChecks{} // node, service ID
	for _, check := range checks {
		if byService[check.Node] == nil {
			byService[check.Node] = map[string]api.HealthChecks{}
		}
		byService[check.Node][check.ServiceID] = append(byService[check.Node][check.ServiceID], check)
	}
	ofNode := map[string]api.HealthChecks{}
	if len(byService) > 0 {
		checks, err := c.checks(ctx, `ServiceID == ""`)
		if err != nil {
			return nil, err
		}
		for _, check := range checks {
			ofNode[check.Node] = append(ofNode[check.Node], check)
		}
	}
	out := map[string]ServiceHealth{}
	var mu sync.Mutex
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for node, found := range byService {
		group.Go(func() error {
			q := query(gctx)
			q.Filter = strconv.Quote(tag) + " in Tags"
			list, meta, err := c.api.Catalog().NodeServiceList(node, q)
			if err != nil {
				return c.explain(doing, err)
			}
			if meta.ResultsFilteredByACLs {
				return c.endpoint.Refused(http.StatusForbidden, doing, "")
			}
			if list == nil || list.Node == nil {
				return nil // gone meanwhile
			}
			mu.Lock()
			defer mu.Unlock()
			for _, s := range list.Services {
				if len(found[s.ID]) == 0 {
					continue // came meanwhile
				}
				health := out[s.Service]
				health.Service = s.Service
				health.Instances = append(health.Instances, instance(node, list.Node.Address, s, slices.Concat(found[s.ID], ofNode[node])))
				out[s.Service] = health
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, health := range out {
		health.sort()
	}
	return out, nil
}

// parallel bounds the requests that one call has under way.
const parallel = 8

// checks returns the checks in any state that match a filter.
func (c *Client) checks(ctx context.Context, filter string) (api.HealthChecks, error) {
	const doing = "read the health of services"
	q := query(ctx)
	q.Filter = filter
	checks, meta, err := c.api.Health().State(api.HealthAny, q)
	if err != nil {
		return nil, c.explain(doing, err)
	}
	if meta.ResultsFilteredByACLs {
		return nil, c.endpoint.Refused(http.StatusForbidden, doing, "")
	}
	return checks, nil
}

func (s ServiceHealth) sort() {
	slices.SortFunc(s.Instances, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Node, b.Node))
	})
}

// instance puts together what Consul knows of one registration.
func instance(node, nodeAddress string, s *api.AgentService, checks api.HealthChecks) Instance {
	out := Instance{
		ID:      s.ID,
		Address: net.JoinHostPort(cmp.Or(s.Address, nodeAddress), strconv.Itoa(s.Port)),
		Node:    node,
		Tags:    s.Tags,
		Status:  status(checks.AggregatedStatus()),
		Checks:  []Check{},
	}
	for _, check := range checks {
		out.Checks = append(out.Checks, Check{ID: check.CheckID, Name: check.Name, Status: status(check.Status), Output: strings.TrimSpace(check.Output)})
	}
	slices.SortStableFunc(out.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	if i := slices.IndexFunc(out.Checks, func(c Check) bool { return c.Status == out.Status }); i >= 0 && out.Status != Passing {
		out.Output = cmp.Or(out.Checks[i].Output, out.Checks[i].Name)
	}
	return out
}

// status maps Consul's words, "maintenance" and ones to come included.
func status(s string) Status {
	switch s {
	case api.HealthPassing:
		return Passing
	case api.HealthWarning:
		return Warning
	}
	return Critical
}
