package devstack

// The parent and the supervisor exchange JSON values over a socket.

// setup is what the supervisor is started with, as its argument. It holds no
// secret.
type setup struct {
	Dir    string `json:"dir"`
	Name   string `json:"name"`   // cgroup and node name
	Shared bool   `json:"shared"` // mounts below Dir are seen outside, by Docker
	// Cgroups are file descriptors of the v1 controllers' roots, set between
	// the supervisor's two lives.
	Cgroups []int `json:"cgroups,omitempty"`
}

// File descriptors that the supervisor inherits.
const (
	fdControl = 3 + iota
	fdLock    // keeps the folder locked
	fdGuard   // keeps the ports
	fdMounts  // the parent's mount namespace
)

// command is what the parent asks for.
type command struct {
	ID     int      `json:"id"`
	Op     string   `json:"op"` // "start" or "signal"
	Server string   `json:"server"`
	Path   string   `json:"path,omitempty"`
	Args   []string `json:"args,omitempty"`
	Env    []string `json:"env,omitempty"`
	Dir    string   `json:"dir,omitempty"`
	Log    string   `json:"log,omitempty"`
	Signal int      `json:"signal,omitempty"`
}

// report is what the supervisor says: the answer to the command ID, or, with
// Exited, that a server ended.
type report struct {
	ID     int    `json:"id,omitempty"`
	Error  string `json:"error,omitempty"`
	PID    int    `json:"pid,omitempty"`
	Server string `json:"server,omitempty"`
	Exited bool   `json:"exited,omitempty"`
	Status string `json:"status,omitempty"` // "exit status 1", "signal: killed"
}
