package services

// VaultSettings says where in Vault the platform's secrets and its login for
// tasks live. "drover operator bootstrap" makes both.
type VaultSettings struct {
	Mount string `json:"mount"` // KV version 2 mount; "secret"
	Auth  string `json:"auth"`  // JWT auth mount on Nomad's JWKS; "jwt-nomad"
}

// Grant is what one job may read in Vault: a role that only this job's
// workload identity can log in to, and a policy that reads this job's paths
// alone. Role and policy share the grant's name.
type Grant struct {
	Name      string `json:"name"` // "drover-<job ID>"
	Job       JobID  `json:"job"`
	Namespace string `json:"namespace"` // Nomad namespace that the identity must come from
	Rules     string `json:"rules"`     // HCL of the policy
}

// GeneratedSecret is a secret value that Drover makes once, in KV version 2
// at Mount and Path, under the key [SecretKey].
type GeneratedSecret struct {
	Job      JobID     `json:"job"`
	Env      string    `json:"env"`
	Mount    string    `json:"mount"`
	Path     string    `json:"path"` // below the mount, without "data/"
	Generate Generator `json:"generate"`
}

// SecretKey is the field of a generated secret that holds its value.
const SecretKey = "value"

// ManagedBy is the mark of ownership on everything that Drover makes: the
// value of the job meta key and of the KV custom metadata key "managed_by".
const ManagedBy = "drover"

// GrantName returns the name of the Vault role and policy of a job.
func GrantName(job JobID) string { return "drover-" + string(job) }

// SecretPath returns the path below the KV mount of a job's generated secret.
func SecretPath(job JobID, env string) string {
	return "drover/" + string(job) + "/" + env
}
