package nomad

import (
	"context"
	"math"
	"net/http"
	"strings"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
)

// Nomad cannot be asked what a token may do. These two ask for something that
// the permission is looked at for and that then cannot be done.

// MayRegister returns CodeForbidden when the token may not register the job,
// its volumes included. It asks for a registration under an index that no job
// has.
func (c *Client) MayRegister(ctx context.Context, job *jobspecs.Job) error {
	opts := &api.RegisterOptions{EnforceIndex: true, ModifyIndex: math.MaxInt64}
	_, _, err := c.api.Jobs().RegisterOpts(job.Spec, opts, c.write(ctx))
	if err != nil && strings.Contains(err.Error(), api.RegisterEnforceIndexErrPrefix) {
		return nil
	}
	return c.explain("register job "+string(job.ID), err)
}

// MayCreateVolumes returns CodeForbidden when the token may not create
// volumes. It asks for a volume without a name.
func (c *Client) MayCreateVolumes(ctx context.Context) error {
	request := &api.HostVolumeCreateRequest{Volume: &api.HostVolume{Namespace: c.cfg.Namespace}}
	_, _, err := c.api.HostVolumes().Create(request, c.write(ctx))
	if status, detail := answer(err); status != 0 && status != http.StatusForbidden && strings.Contains(detail, "missing name") {
		return nil
	}
	return c.explain("create volumes", err)
}
