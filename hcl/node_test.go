package hcl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/services"
)

const demanding = `platform "acme" {
  datacenters = ["dc*"]
}

volume_class "local" {
  plugin = "mkdir"
}

app "labeller" {
  builtin = true
  cores   = 4
  dataset = "1GB"
  volume {
    class = "local"
    size  = "1GiB"
    mount = "/data"
  }
}

user "alice" {
  app "labeller" {
    dataset = "4GB"
  }
}

user "bob" {
  app "labeller" {}
}

runner "gpu" {
  image     = "registry.example/train:1"
  cpu       = 2000
  memory    = "8GiB"
  node_pool = "gpu"
  device "nvidia/gpu" {
    count = 2
  }
}
`

// small fits every demand of the file above but alice's memory.
var (
	small = services.Node{Name: "small", Pool: "default", Datacenter: "dc1", Cores: 4, CPUMHz: 12000, MemoryMiB: 8192}
	large = services.Node{Name: "large", Datacenter: "dc2", Cores: 8, CPUMHz: 24000, MemoryMiB: 32768}
	gpus  = services.Node{Name: "gpus", Pool: "gpu", Datacenter: "dc1", Cores: 16, CPUMHz: 48000, MemoryMiB: 65536, Devices: map[string]int{"nvidia/gpu/H200": 2}}
)

func TestCheckNodes(t *testing.T) {
	f, diags := hcl.Parse("in.hcl", []byte(demanding), hcl.Options{})
	require.Empty(t, diags)

	for name, test := range map[string]struct {
		nodes []services.Node
		want  string
	}{
		"everything fits": {[]services.Node{small, large, gpus}, ""},
		"memory of one user": {[]services.Node{small, gpus}, `Error: More than any node has

  on in.hcl line 22, in user "alice":
  22:     dataset = "4GB"

The app "labeller" of the user "alice" asks for 15259 MiB of memory. The largest node in the node pool "default", "small", has 8192.

`},
		"cores of the profile, once for all of its Apps": {[]services.Node{{Pool: "default", Datacenter: "dc1", Cores: 2, MemoryMiB: 32768}, gpus}, `Error: More than any node has

  on in.hcl line 11, in app "labeller":
  11:   cores   = 4

The app "labeller" asks for 4 cores. The largest node in the node pool "default" has 2.

`},
		"devices": {[]services.Node{large, {Pool: "gpu", Datacenter: "dc1", Cores: 16, CPUMHz: 48000, MemoryMiB: 65536, Devices: map[string]int{"nvidia/gpu/H200": 1, "nvidia/gpux/X": 8}}}, `Error: More than any node has

  on in.hcl line 36, in runner "gpu":
  36:     count = 2

The runner "gpu" asks for 2 devices "nvidia/gpu". The largest node in the node pool "gpu" has 1.

`},
		"a pool without nodes": {[]services.Node{large, {Pool: "gpus", Datacenter: "dc1"}}, `Error: No eligible node

  on in.hcl line 34, in runner "gpu":
  34:   node_pool = "gpu"

The runner "gpu" runs in the node pool "gpu" and the datacenters "dc*", where there is no node. Did you mean "gpus"? Node pools with nodes: "default", "gpus".

`},
		"enough of each and nowhere of all": {[]services.Node{large, {Pool: "gpu", Datacenter: "dc1", CPUMHz: 4000, MemoryMiB: 1024, Devices: map[string]int{"nvidia/gpu/H200": 2}}, {Pool: "gpu", Datacenter: "dc1", CPUMHz: 1000, MemoryMiB: 65536}}, `Error: No node large enough

  on in.hcl line 30, in runner "gpu":
  30: runner "gpu" {

The runner "gpu" asks for 2000 MHz, 8192 MiB of memory and 2 devices "nvidia/gpu". Some nodes have enough of each, and none has all of it at once.

`},
		"another datacenter does not count": {[]services.Node{large, gpus, {Pool: "default", Datacenter: "other", Cores: 99, MemoryMiB: 1 << 20}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			require.NoError(t, f.WriteDiagnostics(&text, f.CheckNodes(test.nodes), 0, false))
			require.Equal(t, test.want, text.String())
		})
	}
}

// TestCheckNodes_NoNodes reports every demand once, and all at the places that
// ask.
func TestCheckNodes_NoNodes(t *testing.T) {
	f, diags := hcl.Parse("in.hcl", []byte(demanding), hcl.Options{})
	require.Empty(t, diags)
	found := f.CheckNodes(nil)
	require.Len(t, found, 2) // the profile, for all of its Apps, and the runner
	for _, d := range found {
		require.Contains(t, d.Detail, "No node is known at all.")
		require.NotNil(t, d.Subject)
	}
}

// TestCheckNodes_CountsDevicesOnce counts a device once, whether a node lists it by its full ID or
// by each of its names.
func TestCheckNodes_CountsDevicesOnce(t *testing.T) {
	for _, name := range []string{"nvidia/gpu", "nvidia/gpu/H200"} {
		f, diags := hcl.Parse("in.hcl", []byte(strings.Replace(demanding, `device "nvidia/gpu"`, `device "`+name+`"`, 1)), hcl.Options{})
		require.Empty(t, diags)
		for count, want := range map[int]int{1: 1, 2: 0} {
			byID, byName := gpus, gpus
			byID.Devices = map[string]int{"nvidia/gpu/H200": count, "nvidia/gpux/X": 8}
			byName.Devices = map[string]int{"nvidia/gpu/H200": count, "nvidia/gpu": count, "gpu": count}
			for _, node := range []services.Node{byID, byName} {
				require.Len(t, f.CheckNodes([]services.Node{large, node}), want, "%d of %s in %v", count, name, node.Devices)
			}
		}
	}
}
