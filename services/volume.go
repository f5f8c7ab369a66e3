package services

// VolumeClass is a way to make durable volumes: a dynamic host volume plug-in
// and the nodes that have it.
type VolumeClass struct {
	Name       string            `json:"name"`
	Plugin     string            `json:"plugin"`               // plug-in ID, such as "mkdir"
	NodePool   string            `json:"node_pool,omitempty"`  // "" is Nomad's default pool
	Parameters map[string]string `json:"parameters,omitempty"` // handed to the plug-in
}

// Volume is durable storage of one App or Hub. It outlives its job.
type Volume struct {
	ID         ID                `json:"id"`    // also the name in Nomad
	Owner      JobID             `json:"owner"` // the job that mounts it
	Class      string            `json:"class"`
	Plugin     string            `json:"plugin"`
	NodePool   string            `json:"node_pool,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
	SizeMiB    int               `json:"size_mib"` // not enforced by every plug-in: mkdir ignores it
	Mount      string            `json:"mount"`    // absolute path inside the task
}
