package jobspecs

import (
	"encoding/json"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// Encode returns the job's spec as JSON, as Drover keeps it to tell later what
// was changed by others.
func Encode(job *Job) (json.RawMessage, error) {
	text, err := json.Marshal(job.Spec)
	if err != nil {
		return nil, services.Errorf(services.CodeInternal, "encode job %s: %w", job.ID, err)
	}
	return text, nil
}

// Decode reads what [Encode] wrote. Only the spec comes back: what has to
// exist before the job is no part of it.
func Decode(id services.JobID, hash string, text json.RawMessage) (*Job, error) {
	spec := &api.Job{}
	if err := json.Unmarshal(text, spec); err != nil {
		return nil, services.Errorf(services.CodeInternal, "decode job %s: %w", id, err)
	}
	return &Job{ID: id, Kind: id.Kind(), Hash: hash, Spec: spec}, nil
}
