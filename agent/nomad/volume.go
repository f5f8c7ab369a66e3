package nomad

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

const mebibyte = 1 << 20

// Volumes returns the namespace's dynamic host volumes by name, as far as
// their names are Drover's volume IDs.
func (c *Client) Volumes(ctx context.Context) (map[services.ID]scheduler.ObservedVolume, error) {
	out := map[services.ID]scheduler.ObservedVolume{}
	q := c.query(ctx)
	q.PerPage = pageSize
	for {
		stubs, meta, err := c.api.HostVolumes().List(&api.HostVolumeListRequest{}, q)
		if err != nil {
			return nil, c.explain("list volumes of namespace "+c.cfg.Namespace, err)
		}
		for _, v := range stubs {
			if id, err := services.ParseID(v.Name); err == nil && id.Kind() == services.KindVolume {
				out[id] = scheduler.ObservedVolume{NomadID: v.ID, NodeID: v.NodeID, State: string(v.State)}
			}
		}
		if meta.NextToken == "" {
			return out, nil
		}
		q.NextToken = meta.NextToken
	}
}

// CreateVolume makes a dynamic host volume for one writer, on the first node
// that fits, and returns Nomad's ID for it. It does not wait until the volume
// is ready.
func (c *Client) CreateVolume(ctx context.Context, v services.Volume) (string, error) {
	request := &api.HostVolumeCreateRequest{Volume: &api.HostVolume{
		Namespace: c.cfg.Namespace,
		Name:      string(v.ID),
		PluginID:  v.Plugin,
		NodePool:  v.NodePool,
		// Both bounds: a volume gets the size that the file asks for.
		RequestedCapacityMinBytes: int64(v.SizeMiB) * mebibyte,
		RequestedCapacityMaxBytes: int64(v.SizeMiB) * mebibyte,
		RequestedCapabilities: []*api.HostVolumeCapability{{
			AttachmentMode: api.HostVolumeAttachmentModeFilesystem,
			// Only this mode is exclusive; see the volume block of the job.
			AccessMode: api.HostVolumeAccessModeSingleNodeSingleWriter,
		}},
		Parameters: v.Parameters,
	}}
	answer, _, err := c.api.HostVolumes().Create(request, c.write(ctx))
	if err != nil {
		if strings.Contains(err.Error(), "existing volume") {
			return "", services.Errorf(services.CodeConflict, "volume %s exists already", v.ID).WithHint("Plan again")
		}
		return "", c.explain("create volume "+string(v.ID), err)
	}
	return answer.Volume.ID, nil
}

// WaitVolumes waits until every volume is ready and reports each that has
// become so. Nomad batches what nodes tell of their volumes, so that ready
// comes 5 to 10 seconds after creation.
func (c *Client) WaitVolumes(ctx context.Context, ids []services.ID, ready func(services.ID)) error {
	left := map[services.ID]bool{}
	for _, id := range ids {
		left[id] = true
	}
	for len(left) > 0 {
		volumes, err := c.Volumes(ctx)
		if err != nil {
			return err
		}
		for id := range left {
			if volumes[id].State == string(api.HostVolumeStateReady) {
				delete(left, id)
				ready(id)
			}
		}
		if err := sleep(ctx, 2*pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
