package services

import "iter"

// Platform is everything that one operator runs, as one platform file or
// folder describes it, with defaults filled in and references resolved. All
// slices are sorted by identity label.
type Platform struct {
	Name        string        `json:"name"`
	Identity    string        `json:"identity"` // what IDs derive from; defaults to Name
	Namespace   string        `json:"namespace"`
	Region      string        `json:"region,omitempty"` // "" is the server's own
	Datacenters []string      `json:"datacenters"`
	Vault       VaultSettings `json:"vault"`

	VolumeClasses []VolumeClass `json:"volume_classes,omitempty"`
	Hub           *Hub          `json:"hub,omitempty"`
	Profiles      []AppProfile  `json:"profiles,omitempty"`
	Users         []User        `json:"users,omitempty"`
	Apps          []App         `json:"apps,omitempty"`
	Linkages      []Linkage     `json:"linkages,omitempty"`
	Runners       []Runner      `json:"runners,omitempty"`
}

// Volumes yields every volume that the platform needs, the Hub's first, then
// the Apps' in their order.
func (p *Platform) Volumes() iter.Seq[Volume] {
	return func(yield func(Volume) bool) {
		if p.Hub != nil && p.Hub.Volume != nil && !yield(*p.Hub.Volume) {
			return
		}
		for _, a := range p.Apps {
			if a.Volume != nil && !yield(*a.Volume) {
				return
			}
		}
	}
}

// Hub is where users, teams and shared projects live. A platform has at most
// one, and it runs exactly once.
type Hub struct {
	ID       JobID    `json:"id"`
	Name     string   `json:"name"` // the block's label
	Port     int      `json:"port"` // inside the task's network; 9005
	Workload Workload `json:"workload"`
	Volume   *Volume  `json:"volume"`
}

// AppProfile is what Apps of one sort are made of.
type AppProfile struct {
	Name string `json:"name"`
	Apps int    `json:"apps"` // how many Apps use it
}

// User is a person. ID is derived from Identity; Name is what the file calls
// them and may change.
type User struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Identity string `json:"identity"`
}

// App is one user's own instance of an App profile: never shared, never load
// balanced.
type App struct {
	ID       JobID    `json:"id"`
	Profile  string   `json:"profile"`
	Owner    ID       `json:"owner"` // the user's ID
	User     string   `json:"user"`  // the user's name, for people; never in a job
	Port     int      `json:"port"`  // inside the task's network; 9001
	Workload Workload `json:"workload"`
	Volume   *Volume  `json:"volume,omitempty"` // nil: nothing outlives the task
	// DatasetMB is the largest dataset that the App is sized for, in 10^6
	// bytes; its memory is four times that (the Watchful App's rule).
	DatasetMB int `json:"dataset_mb,omitempty"`
	// IdleTimeout is how long an App may be idle before it is stopped, in
	// seconds; 0 is never.
	IdleTimeout int64 `json:"idle_timeout_seconds,omitempty"`
	// Hub is the Hub's job ID, "" for a standalone App.
	Hub JobID `json:"hub,omitempty"`
}

// Linkage is a record-linkage service: an API and worker groups.
type Linkage struct {
	ID      JobID         `json:"id"`
	Name    string        `json:"name"`
	API     LinkageAPI    `json:"api"`
	Workers []WorkerGroup `json:"workers"` // sorted by name
}

// LinkageAPI is the front of a linkage service.
type LinkageAPI struct {
	Count    int      `json:"count"`
	Port     int      `json:"port"`
	Workload Workload `json:"workload"`
}

// WorkerGroup is a class of linkage workers with its own count.
type WorkerGroup struct {
	Name     string   `json:"name"` // the Nomad task group's name
	Count    int      `json:"count"`
	Min      int      `json:"min"` // scaling bounds; equal to Count when the file gives none
	Max      int      `json:"max"`
	Queues   []string `json:"queues"`
	Workload Workload `json:"workload"`
}

// Runner is a pool that executes runs, usually on GPUs: a parameterized
// batch job.
type Runner struct {
	ID       JobID    `json:"id"`
	Name     string   `json:"name"`
	Workload Workload `json:"workload"`
	Devices  []Device `json:"devices,omitempty"`
	// MaxDuration ends a run that takes longer, in seconds; 0 is no limit.
	MaxDuration int64 `json:"max_duration_seconds,omitempty"`
}
