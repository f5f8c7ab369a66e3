package scheduler

import (
	"strconv"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// Desired is what should run on one platform. No jobs at all means that
// everything of the platform is to be stopped.
type Desired struct {
	Platform  string // identity
	Name      string // the platform's label, for people
	Namespace string
	Vault     services.VaultSettings // the zero value leaves Vault out
	Jobs      []*jobspecs.Job
}

// Observed is what the servers say exists, at the time of one look.
type Observed struct {
	// Jobs holds every job under a wanted ID, and every other job of this
	// platform that carries Drover's mark.
	Jobs map[services.JobID]ObservedJob
	// Volumes holds the platform's volumes by name.
	Volumes map[services.ID]ObservedVolume
	// Grants holds Drover's Vault roles and policies by name.
	Grants map[string]ObservedGrant
	// Secrets holds the generated secrets that exist, by path below the mount.
	Secrets map[string]ObservedSecret
	// Made is what Drover remembers of the volumes that it made.
	Made map[services.ID]services.Volume
	// Applied is what Drover itself last registered, from its own state.
	Applied map[services.JobID]Applied
}

// ObservedJob is one job as Nomad has it.
type ObservedJob struct {
	ID          services.JobID `json:"id"`
	ModifyIndex uint64         `json:"modify_index"` // Nomad's JobModifyIndex
	Version     uint64         `json:"version"`
	Owned       bool           `json:"owned"`    // carries Drover's mark
	Platform    string         `json:"platform"` // identity in its meta
	Kind        services.Kind  `json:"kind"`
	Hash        string         `json:"hash"` // content hash in its meta
	Stopped     bool           `json:"stopped"`
	Status      string         `json:"status"` // Nomad's: pending, running, dead
	// Settled is false while a deployment of the job is in progress.
	Settled bool `json:"settled"`
	// Failed says that the job is not settled because its deployment failed,
	// and that it has not become healthy since.
	Failed bool `json:"failed,omitempty"`
	// Counts are the task groups' counts; known where the job was examined.
	Counts map[string]int `json:"counts,omitempty"`
	// Examined says that Changes and Unplaced were asked from Nomad.
	Examined bool `json:"examined"`
	// Changes is what registering the wanted job would change, by Nomad's own
	// comparison after it filled in its defaults.
	Changes []Change `json:"changes,omitempty"`
	// Unplaced says what Nomad could not place, and why.
	Unplaced []Unplaced `json:"unplaced,omitempty"`
}

// ObservedVolume is one dynamic host volume.
type ObservedVolume struct {
	NomadID string `json:"nomad_id"`
	NodeID  string `json:"node_id"`
	State   string `json:"state"` // pending, ready, unavailable
}

// ObservedGrant is a Vault role and policy of one name. Version is a digest of
// their content; Matches says that it equals the wanted content.
type ObservedGrant struct {
	Version string `json:"version"`
	Matches bool   `json:"matches"`
}

// ObservedSecret is a generated secret; its value is not read.
type ObservedSecret struct {
	Version string `json:"version"` // KV version
	Owned   bool   `json:"owned"`
}

// Applied is what Drover remembers of its last registration of a job.
type Applied struct {
	Hash        string
	ModifyIndex uint64
}

// Unplaced is a task group that Nomad cannot place now.
type Unplaced struct {
	Job     services.JobID `json:"job"`
	Group   string         `json:"group"`
	Missing int            `json:"missing"` // allocations
	// Never says that no node could ever take it as the cluster is; otherwise
	// it waits until something else ends.
	Never   bool     `json:"never"`
	Reasons []string `json:"reasons"` // sentences, sorted
}

// version is the check-and-set version of a job for plans.
func (j ObservedJob) version() string { return strconv.FormatUint(j.ModifyIndex, 10) }

// Absent is the version of an object that must not exist.
const Absent = "0"

// Examine returns the IDs of the wanted jobs that Nomad has to be asked about
// before [Compute]: those that run and whose content may differ from what is
// wanted. A job whose content hash is the wanted one and that nobody touched
// since Drover registered it needs no question, unless a count may have moved:
// counts are no part of the hash.
func Examine(d Desired, o Observed) []services.JobID {
	var ids []services.JobID
	for _, want := range d.Jobs {
		have, ok := o.Jobs[want.ID]
		if !ok || have.Stopped || !mine(d, have) {
			continue
		}
		applied := o.Applied[want.ID]
		untouched := have.Hash == want.Hash && applied.Hash == want.Hash && applied.ModifyIndex == have.ModifyIndex
		if !untouched || want.Kind == services.KindLinkage {
			ids = append(ids, want.ID)
		}
	}
	return ids
}

// mine reports whether the job is Drover's and of this platform.
func mine(d Desired, j ObservedJob) bool { return j.Owned && j.Platform == d.Platform }
