package services

// Node is what one Nomad client node can give at most, whatever runs on it
// now: the capacity that a platform file is checked against before anything
// is registered.
type Node struct {
	Name       string         `json:"name,omitempty"` // for people
	Pool       string         `json:"pool"`           // node pool; "" is Nomad's default pool
	Datacenter string         `json:"datacenter"`
	Cores      int            `json:"cores"`             // reservable cores
	CPUMHz     int            `json:"cpu_mhz"`           // sum over all cores
	MemoryMiB  int            `json:"memory_mib"`        // less what the node reserves for itself
	Devices    map[string]int `json:"devices,omitempty"` // by full ID, "nvidia/gpu/H200"
}
