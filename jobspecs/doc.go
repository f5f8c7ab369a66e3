// Package jobspecs turns Drover's nouns into Nomad jobs, and Nomad jobs into
// HCL that people read.
//
//	services.Platform --Jobs--> []*Job{Spec *api.Job, Hash, Grant, ...}
//	*api.Job          --Render--> formatted HCL
//	*api.Job          --Hash--> 64 hexadecimal characters
//
// [App], [Hub], [Linkage] and [Runner] build typed values; nothing is
// templated. Every field that matters for how a workload is placed, restarted,
// updated or lost is written out, so that a change of Nomad's defaults changes
// no running job.
//
// [Render] exists for people: the Nomad UI, code review, "drover render". It
// is exact nevertheless: Nomad's /v1/jobs/parse reads its output back to the
// job it came from. [Hash] covers the whole job but the hash itself, which
// travels in the job's meta.
//
// What a job may read from Vault is its [services.Grant]. Secrets themselves
// never appear in a job: a task reads them through its workload identity, by a
// template that names paths alone.
//
// The package is pure: no clock, no randomness, no environment, no I/O, and no
// map order in any output.
package jobspecs
