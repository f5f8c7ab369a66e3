package nomad

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// Register creates or updates a job if its JobModifyIndex still is expect; 0
// means that it must not exist. It returns the new index. Anything else is a
// [services.CodeConflict] error and changes nothing.
func (c *Client) Register(ctx context.Context, job *jobspecs.Job, expect uint64) (uint64, error) {
	opts := &api.RegisterOptions{
		EnforceIndex: true,
		ModifyIndex:  expect,
		// What the Nomad UI shows as the job's source. Nomad drops it when
		// it is longer than job_max_source_size (1 MB), which no job of
		// Drover's reaches.
		Submission: &api.JobSubmission{Source: string(jobspecs.Render(job.Spec)), Format: "hcl2"},
	}
	answer, _, err := c.api.Jobs().RegisterOpts(job.Spec, opts, c.write(ctx))
	if err != nil {
		if strings.Contains(err.Error(), api.RegisterEnforceIndexErrPrefix) {
			return 0, services.Errorf(services.CodeConflict, "job %s was changed by somebody else meanwhile", job.ID).
				WithHint("Nothing was overwritten. Plan again")
		}
		return 0, c.explain("register job "+string(job.ID), err)
	}
	return answer.JobModifyIndex, nil
}

// Deregister stops a job if its JobModifyIndex still is expect. The job stays
// in Nomad, stopped, with its history; its volumes stay. A job that is gone or
// stopped already is success.
func (c *Client) Deregister(ctx context.Context, id services.JobID, expect uint64) error {
	job, err := c.job(ctx, id)
	if services.ErrorCode(err) == services.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if *job.Stop {
		return nil
	}
	if *job.JobModifyIndex != expect {
		return services.Errorf(services.CodeConflict, "job %s was changed by somebody else meanwhile", id).
			WithHint("Nothing was stopped. Plan again")
	}
	return c.stop(ctx, id)
}

func (c *Client) stop(ctx context.Context, id services.JobID) error {
	if _, _, err := c.api.Jobs().Deregister(string(id), false, c.write(ctx)); err != nil {
		return c.explain("stop job "+string(id), err)
	}
	return nil
}

func (c *Client) job(ctx context.Context, id services.JobID) (*api.Job, error) {
	job, _, err := c.api.Jobs().Info(string(id), c.query(ctx))
	if err != nil {
		return nil, c.explain("read job "+string(id), err)
	}
	return job, nil
}

// Source returns a job as Nomad has it, in JSON, for checks of what it holds.
func (c *Client) Source(ctx context.Context, id services.JobID) ([]byte, error) {
	job, err := c.job(ctx, id)
	if err != nil {
		return nil, err
	}
	return json.Marshal(job)
}
