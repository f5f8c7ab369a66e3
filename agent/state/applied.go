package state

import (
	"encoding/json"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// Applied is what Drover remembers of its last registration of a job, once
// that settled.
type Applied struct {
	Platform    string         `json:"platform"` // the platform's identity
	Job         services.JobID `json:"job"`
	Hash        string         `json:"hash"`         // content hash of the job
	ModifyIndex uint64         `json:"modify_index"` // Nomad's JobModifyIndex
	Version     uint64         `json:"version"`      // Nomad's job version
	At          time.Time      `json:"at"`
	// Spec is the job as it was registered, without secrets. [Store.Applied]
	// leaves it out; [Store.Job] has it.
	Spec json.RawMessage `json:"spec,omitempty"`
	// Grant and Secrets are what the job was given in Vault, without values.
	// They are kept with Spec.
	Grant   *services.Grant            `json:"grant,omitempty"`
	Secrets []services.GeneratedSecret `json:"secrets,omitempty"`
}

// spec is kept under a key of its own.
type spec struct {
	Spec    json.RawMessage            `json:"spec,omitempty"`
	Grant   *services.Grant            `json:"grant,omitempty"`
	Secrets []services.GeneratedSecret `json:"secrets,omitempty"`
}

// PutApplied remembers a registration in place of the one before.
type PutApplied struct {
	Applied Applied `json:"applied"`
}

// DeleteApplied forgets a job that was stopped. Forgetting what is not there is
// no error.
type DeleteApplied struct {
	Platform string         `json:"platform"`
	Job      services.JobID `json:"job"`
}

// MoveApplied remembers another index for a job whose content is what it was
// when it was applied, such as after Nomad reverted it. A job that nothing is
// known of stays unknown.
type MoveApplied struct {
	Platform    string         `json:"platform"`
	Job         services.JobID `json:"job"`
	ModifyIndex uint64         `json:"modify_index"`
}

func (c PutApplied) validate() error {
	return firstError(keyPart("platform identity", c.Applied.Platform), keyPart("job ID", string(c.Applied.Job)))
}

func (c PutApplied) apply(tx *badger.Txn) error {
	a := c.Applied
	s := spec{a.Spec, a.Grant, a.Secrets}
	a.Spec, a.Grant, a.Secrets = nil, nil, nil
	return firstError(
		applied.put(tx, a, a.Platform, string(a.Job)),
		specs.put(tx, s, a.Platform, string(a.Job)),
	)
}

func (c DeleteApplied) validate() error {
	return firstError(keyPart("platform identity", c.Platform), keyPart("job ID", string(c.Job)))
}

func (c DeleteApplied) apply(tx *badger.Txn) error {
	return firstError(
		applied.delete(tx, c.Platform, string(c.Job)),
		specs.delete(tx, c.Platform, string(c.Job)),
	)
}

func (c MoveApplied) validate() error {
	return firstError(keyPart("platform identity", c.Platform), keyPart("job ID", string(c.Job)))
}

func (c MoveApplied) apply(tx *badger.Txn) error {
	a, ok, err := applied.get(tx, c.Platform, string(c.Job))
	if err != nil || !ok {
		return err
	}
	a.ModifyIndex = c.ModifyIndex
	return applied.put(tx, a, c.Platform, string(c.Job))
}

// Applied returns what was applied on a platform, sorted by job, without
// specs.
func (s *Store) Applied(platform string) ([]Applied, error) {
	return list(s, applied, 0, false, platform)
}

// Job returns what was applied of one job, with its spec, and false when
// nothing was.
func (s *Store) Job(platform string, job services.JobID) (a Applied, ok bool, err error) {
	err = s.view(func(tx *badger.Txn) error {
		if a, ok, err = applied.get(tx, platform, string(job)); err != nil || !ok {
			return err
		}
		kept, _, err := specs.get(tx, platform, string(job))
		a.Spec, a.Grant, a.Secrets = kept.Spec, kept.Grant, kept.Secrets
		return err
	})
	return a, ok, err
}
