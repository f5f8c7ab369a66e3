package scheduler

import (
	"fmt"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

const testPlatform = "acme"

// wantedJob is a job of the test platform: content is what its hash stands for.
func wantedJob(kind services.Kind, label, content string) *jobspecs.Job {
	id := services.Derive(kind, testPlatform, label)
	job := &jobspecs.Job{
		ID: id, Kind: kind, Hash: content,
		Spec: &api.Job{ID: new(string(id)), TaskGroups: []*api.TaskGroup{{Name: new("main"), Count: new(1)}}},
	}
	if kind == services.KindApp || kind == services.KindHub {
		job.Volume = &services.Volume{ID: id.VolumeID(), Owner: id, Class: "local", Plugin: "mkdir", SizeMiB: 10, Mount: "/data"}
	}
	if kind == services.KindHub {
		job.Grant = &services.Grant{Name: services.GrantName(id), Job: id, Namespace: "drover", Rules: "rules of " + content}
		job.Secrets = []services.GeneratedSecret{{Job: id, Env: "SHARED_SECRET", Mount: "secret", Path: services.SecretPath(id, "SHARED_SECRET"), Generate: services.Generator{Encoding: "hex", Bytes: 36}}}
	}
	return job
}

func desired(jobs ...*jobspecs.Job) Desired {
	return Desired{Platform: testPlatform, Name: "acme", Namespace: "drover", Vault: services.VaultSettings{Mount: "secret", Auth: "jwt-nomad"}, Jobs: jobs}
}

// world is Nomad and Vault in memory: enough to carry a plan out and observe
// the result. It exists to test that plans converge.
type world struct {
	index uint64
	Observed
	rules map[string]string // content of grants
}

func newWorld() *world {
	return &world{rules: map[string]string{}, Observed: Observed{
		Jobs: map[services.JobID]ObservedJob{}, Volumes: map[services.ID]ObservedVolume{},
		Grants: map[string]ObservedGrant{}, Secrets: map[string]ObservedSecret{}, Applied: map[services.JobID]Applied{},
	}}
}

// observe returns what the servers would say about d.
func (w *world) observe(d Desired) Observed {
	o := w.Observed
	o.Grants = map[string]ObservedGrant{}
	for name, rules := range w.rules {
		g := ObservedGrant{Version: rules}
		for _, job := range d.Jobs {
			if job.Grant != nil && job.Grant.Name == name {
				g.Matches = job.Grant.Rules == rules
			}
		}
		o.Grants[name] = g
	}
	return o
}

// carryOut applies the first steps of a plan, up to a number, in wave order,
// as an apply that is killed there would.
func (w *world) carryOut(p Plan, steps int) error {
	for _, wave := range p.Waves {
		for _, g := range wave.WriteGrants {
			if steps--; steps < 0 {
				return nil
			}
			w.rules[g.Grant.Name] = g.Grant.Rules
		}
		for _, s := range wave.GenerateSecrets {
			if steps--; steps < 0 {
				return nil
			}
			if _, ok := w.Secrets[s.Secret.Path]; ok {
				return fmt.Errorf("secret %s generated twice", s.Secret.Path)
			}
			w.Secrets[s.Secret.Path] = ObservedSecret{Version: "1", Owned: true}
		}
		for _, v := range wave.CreateVolumes {
			if steps--; steps < 0 {
				return nil
			}
			if _, ok := w.Volumes[v.Volume.ID]; ok {
				return fmt.Errorf("volume %s created twice", v.Volume.ID)
			}
			w.Volumes[v.Volume.ID] = ObservedVolume{NomadID: string(v.Volume.ID), State: "ready"}
		}
		for _, r := range wave.Register {
			if steps--; steps < 0 {
				return nil
			}
			have := w.Jobs[r.Job.ID]
			if have.ModifyIndex != r.Expect {
				return fmt.Errorf("job %s: check-and-set failed: have %d, expect %d", r.Job.ID, have.ModifyIndex, r.Expect)
			}
			w.index++
			w.Jobs[r.Job.ID] = ObservedJob{
				ID: r.Job.ID, ModifyIndex: w.index, Version: have.Version + 1, Owned: true, Platform: p.Platform,
				Kind: r.Job.Kind, Hash: r.Job.Hash, Status: "running", Settled: true,
			}
			w.Applied[r.Job.ID] = Applied{Hash: r.Job.Hash, ModifyIndex: w.index}
		}
		for _, s := range wave.Stop {
			if steps--; steps < 0 {
				return nil
			}
			have := w.Jobs[s.Job]
			w.index++
			have.ModifyIndex, have.Stopped = w.index, true
			w.Jobs[s.Job] = have
			delete(w.Applied, s.Job)
		}
		for _, g := range wave.DeleteGrants {
			if steps--; steps < 0 {
				return nil
			}
			delete(w.rules, g.Name)
		}
	}
	return nil
}

// all is more steps than any plan of these tests has.
const all = 1 << 20
