package engine

import (
	"context"

	"github.com/drover-platform/drover/agent/vault"
	"github.com/drover-platform/drover/scheduler"
)

// permitted makes sure, before anything is changed, that the tokens may do
// everything that the plan needs. Without it an apply would stop half-way.
func (e *Engine) permitted(ctx context.Context, plan scheduler.Plan) error {
	var job *scheduler.Register // one that mounts a volume, if there is one
	access, volumes := false, false
	for _, w := range plan.Waves {
		access = access || len(w.WriteGrants)+len(w.GenerateSecrets)+len(w.DeleteGrants) > 0
		volumes = volumes || len(w.CreateVolumes) > 0
		for i := range w.Register {
			if r := &w.Register[i]; job == nil || job.Job.Volume == nil && r.Job.Volume != nil {
				job = r
			}
		}
	}
	if access {
		if err := e.Vault.CheckPermissions(ctx, vault.Permissions(plan.Vault)); err != nil {
			return err
		}
	}
	if volumes {
		if err := e.Nomad.MayCreateVolumes(ctx); err != nil {
			return err
		}
	}
	if job != nil {
		return e.Nomad.MayRegister(ctx, job.Job)
	}
	return nil
}
