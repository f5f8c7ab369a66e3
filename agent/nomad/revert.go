package nomad

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// Revert brings a job that was registered at index back to an earlier version.
// It reports false when Nomad itself (auto_revert) has done so. A job that
// somebody else has changed stays as it is: that is CodeConflict.
func (c *Client) Revert(ctx context.Context, id services.JobID, index, version uint64) (bool, error) {
	job, err := c.job(ctx, id)
	if err != nil {
		return false, err
	}
	if *job.JobModifyIndex == index {
		_, _, err = c.api.Jobs().Revert(string(id), version, job.Version, c.write(ctx), "", "")
		if err == nil || !strings.Contains(err.Error(), "enforcing version") {
			return err == nil, c.explain("revert job "+string(id), err)
		}
	}
	back, err := c.repeats(ctx, id, func(v uint64) bool { return v == version })
	if err == nil && !back {
		err = changedMeanwhile(id)
	}
	return false, err
}

// Withdraw stops a job that was registered at index and did not run before. It
// also stops what Nomad's auto_revert made of it: an earlier version of a job
// that somebody had stopped. What somebody else changed stays: CodeConflict.
func (c *Client) Withdraw(ctx context.Context, id services.JobID, index uint64) error {
	err := c.Deregister(ctx, id, index)
	if services.ErrorCode(err) != services.CodeConflict {
		return err
	}
	back, err := c.repeats(ctx, id, func(uint64) bool { return true })
	if err != nil {
		return err
	}
	if !back {
		return changedMeanwhile(id)
	}
	return c.stop(ctx, id)
}

func changedMeanwhile(id services.JobID) error {
	return services.Errorf(services.CodeConflict, "job %s was changed by somebody else meanwhile and stays as it is", id).
		WithHint("See what it is with: nomad job history %s", id)
}

// repeats reports whether the job's latest version has the content of an
// earlier one that matches.
func (c *Client) repeats(ctx context.Context, id services.JobID, matches func(version uint64) bool) (bool, error) {
	versions, _, _, err := c.api.Jobs().Versions(string(id), false, c.query(ctx))
	if err != nil {
		return false, c.explain("read the versions of job "+string(id), err)
	}
	if len(versions) == 0 {
		return false, nil
	}
	latest, err := content(versions[0]) // Nomad lists the latest first
	if err != nil {
		return false, err
	}
	for _, v := range versions[1:] {
		if v.Version == nil || !matches(*v.Version) {
			continue
		}
		if text, err := content(v); err != nil || text == latest {
			return err == nil, err
		}
	}
	return false, nil
}

// content is a job without what Nomad keeps account of.
func content(job *api.Job) (string, error) {
	clean := *job
	clean.Stop, clean.Stable, clean.Version, clean.VersionTag = nil, nil, nil, nil
	clean.Status, clean.StatusDescription, clean.SubmitTime = nil, nil, nil
	clean.CreateIndex, clean.ModifyIndex, clean.JobModifyIndex = nil, nil, nil
	clean.NomadTokenID = nil
	text, err := json.Marshal(clean)
	return string(text), err
}

// Holds returns a job's JobModifyIndex and content hash, 0 and "" when there is
// no such job.
func (c *Client) Holds(ctx context.Context, id services.JobID) (index uint64, hash string, err error) {
	job, err := c.job(ctx, id)
	if services.ErrorCode(err) == services.CodeNotFound {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	return *job.JobModifyIndex, jobspecs.HashOf(job.Meta), nil
}

// Index returns a job's JobModifyIndex, and 0 when there is no such job.
func (c *Client) Index(ctx context.Context, id services.JobID) (uint64, error) {
	index, _, err := c.Holds(ctx, id)
	return index, err
}
