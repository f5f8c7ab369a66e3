package services

// Driver is a Nomad task driver that Drover renders.
type Driver string

// The drivers. MockDriver runs nothing: it is for load tests on Nomad builds
// that have it.
const (
	DriverDocker  Driver = "docker"
	DriverExec    Driver = "exec"
	DriverRawExec Driver = "raw_exec"
	DriverMock    Driver = "mock_driver"
)

// Drivers lists every driver that a platform file may name.
func Drivers() []Driver { return []Driver{DriverDocker, DriverExec, DriverRawExec, DriverMock} }

// Workload is what a task runs and where it may run.
type Workload struct {
	Driver Driver `json:"driver"`
	// Builtin means Drover's own server for this noun; Command is then the
	// drover binary's path inside the task (exec, raw_exec) or empty (docker:
	// the image's entry point is the drover binary).
	Builtin bool     `json:"builtin,omitempty"`
	Image   string   `json:"image,omitempty"`   // docker only; carries a tag or digest
	Command string   `json:"command,omitempty"` // exec, raw_exec, or docker's override
	Args    []string `json:"args,omitempty"`
	// User is the system user of the task; "" is the driver's default
	// (nobody for exec, the image's for docker).
	User string `json:"user,omitempty"`

	Env         map[string]string `json:"env,omitempty"`
	Secrets     []Secret          `json:"secrets,omitempty"` // sorted by Env
	S3          *S3               `json:"s3,omitempty"`
	Resources   Resources         `json:"resources"`
	NodePool    string            `json:"node_pool,omitempty"` // "" is Nomad's default pool
	Constraints []Constraint      `json:"constraints,omitempty"`
}

// HasSecrets reports whether the task reads anything from Vault, and so
// needs a Vault role and policy of its own.
func (w Workload) HasSecrets() bool { return len(w.Secrets) > 0 || w.S3 != nil }

// Resources is what a task reserves. Exactly one of Cores and CPU is set.
type Resources struct {
	Cores     int `json:"cores,omitempty"` // dedicated cores
	CPU       int `json:"cpu,omitempty"`   // MHz, shared
	MemoryMiB int `json:"memory_mib"`
}

// Constraint is a Nomad placement constraint.
type Constraint struct {
	Attribute string `json:"attribute"`
	Operator  string `json:"operator"` // "=" when the file names none
	Value     string `json:"value"`
}

// Device asks for devices such as GPUs.
type Device struct {
	Name  string `json:"name"` // "nvidia/gpu" or "nvidia/gpu/H200"
	Count int    `json:"count"`
	// MemoryOperator and MemoryMiB constrain the memory of each device; the
	// zero values ask for nothing.
	MemoryOperator string `json:"memory_operator,omitempty"` // "=", ">=", ">", "<=", "<"
	MemoryMiB      int    `json:"memory_mib,omitempty"`
	// Model is a preference, not a demand: an affinity for ${device.model}.
	Model string `json:"model,omitempty"`
}
