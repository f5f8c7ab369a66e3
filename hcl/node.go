package hcl

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// nomadDefaultPool is the node pool of what names none, and nomadAllPool the
// one that has every node.
const (
	nomadDefaultPool = "default"
	nomadAllPool     = "all"
)

// CheckNodes reports what no eligible node could ever give, even if nothing
// ran on it: cores, MHz, memory or devices above the largest node's, all of
// them together on no single node, or a node pool without nodes. Eligible are
// the nodes of the task's node pool in the platform's datacenters. Each
// diagnostic is at the argument that asks, and names the largest node.
func (f *File) CheckNodes(nodes []services.Node) hcl.Diagnostics {
	c := &converter{file: f}
	said := map[hcl.Range]bool{} // one mistake in a profile, not one for each of its Apps
	report := func(at hcl.Range, summary, format string, args ...any) {
		if !said[at] {
			said[at] = true
			c.errorAt(at, summary, format, args...)
		}
	}
	for _, d := range f.demands {
		eligible := f.eligible(d, nodes)
		if len(eligible) == 0 {
			report(d.poolAt, "No eligible node", "%s runs in the node pool %s and the datacenters %s, where there is no node.%s", d.what, quote(poolName(d.pool)), listOf(f.Platform.Datacenters), otherPools(nodes, d.pool))
			continue
		}
		possible := true
		above := func(unit string, want int, at hcl.Range, capacity func(services.Node) int) {
			largest := slices.MaxFunc(eligible, func(a, b services.Node) int { return capacity(a) - capacity(b) })
			if want <= capacity(largest) {
				return
			}
			possible = false
			name := ""
			if largest.Name != "" {
				name = ", " + quote(largest.Name) + ","
			}
			report(at, "More than any node has", "%s asks for %d %s. The largest node in the node pool %s%s has %d.", d.what, want, unit, quote(poolName(d.pool)), name, capacity(largest))
		}
		above("cores", d.needs.Cores, d.coresAt, func(n services.Node) int { return n.Cores })
		above("MHz", d.needs.CPU, d.cpuAt, func(n services.Node) int { return n.CPUMHz })
		above("MiB of memory", d.needs.MemoryMiB, d.memoryAt, func(n services.Node) int { return n.MemoryMiB })
		for _, dev := range d.devices {
			above("devices "+quote(dev.name), dev.count, dev.at, func(n services.Node) int { return devices(n, dev.name) })
		}
		if possible && !slices.ContainsFunc(eligible, d.fits) {
			report(d.at, "No node large enough", "%s asks for %s. Some nodes have enough of each, and none has all of it at once.", d.what, d)
		}
	}
	return finish(c.diags)
}

// eligible returns the nodes that a task may run on.
func (f *File) eligible(d demand, nodes []services.Node) []services.Node {
	var list []services.Node
	for _, n := range nodes {
		if d.pool != nomadAllPool && poolName(n.Pool) != poolName(d.pool) {
			continue
		}
		if slices.ContainsFunc(f.Platform.Datacenters, func(pattern string) bool {
			match, err := path.Match(pattern, n.Datacenter)
			return err == nil && match
		}) {
			list = append(list, n)
		}
	}
	return list
}

// fits reports whether a node could give everything at once.
func (d demand) fits(n services.Node) bool {
	for _, dev := range d.devices {
		if dev.count > devices(n, dev.name) {
			return false
		}
	}
	return d.needs.Cores <= n.Cores && d.needs.CPU <= n.CPUMHz && d.needs.MemoryMiB <= n.MemoryMiB
}

// String lists what is asked for.
func (d demand) String() string {
	var parts []string
	if d.needs.Cores > 0 {
		parts = append(parts, fmt.Sprintf("%d cores", d.needs.Cores))
	}
	if d.needs.CPU > 0 {
		parts = append(parts, fmt.Sprintf("%d MHz", d.needs.CPU))
	}
	parts = append(parts, fmt.Sprintf("%d MiB of memory", d.needs.MemoryMiB))
	for _, dev := range d.devices {
		parts = append(parts, fmt.Sprintf("%d devices %s", dev.count, quote(dev.name)))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// devices counts a node's devices of a name, which is a vendor and a type, or
// those and a model. A name that the node lists itself says it all: what lies
// below it is the same devices again.
func devices(n services.Node, name string) int {
	if count, listed := n.Devices[name]; listed {
		return count
	}
	sum := 0
	for id, count := range n.Devices {
		if strings.HasPrefix(id, name+"/") {
			sum += count
		}
	}
	return sum
}

func poolName(pool string) string {
	if pool == "" {
		return nomadDefaultPool
	}
	return pool
}

// otherPools suggests the pool that was meant, or lists those with nodes.
func otherPools(nodes []services.Node, pool string) string {
	set := map[string]bool{}
	for _, n := range nodes {
		set[poolName(n.Pool)] = true
	}
	if len(set) == 0 {
		return " No node is known at all."
	}
	names := slices.Sorted(maps.Keys(set))
	return didYouMean(poolName(pool), names) + " Node pools with nodes: " + listOf(names) + "."
}

func listOf(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}
