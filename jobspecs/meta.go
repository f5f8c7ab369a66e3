package jobspecs

import (
	"maps"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// The keys of the job meta that Drover writes. They mark a job as Drover's and
// say what it is; none carries a person's name.
const (
	MetaManagedBy   = "managed_by"          // always [services.ManagedBy]
	MetaPlatform    = "drover_platform"     // the platform's identity
	MetaKind        = "drover_kind"         // a [services.Kind]
	MetaOwner       = "drover_owner"        // the user's ID; Apps only
	MetaHash        = "drover_hash"         // [Hash] of the job
	MetaMaxDuration = "drover_max_duration" // how long a run may take; runners only
)

// Owned reports whether meta carries the mark of any Drover. What is not
// marked must never be touched.
func Owned(meta map[string]string) bool {
	return meta[MetaManagedBy] == services.ManagedBy
}

// OwnedBy reports whether meta marks a thing of the platform with that
// identity, so that two platforms in one namespace leave each other alone.
func OwnedBy(meta map[string]string, platform string) bool {
	return Owned(meta) && meta[MetaPlatform] == platform
}

// HashOf returns the content hash that meta carries, "" for none.
func HashOf(meta map[string]string) string { return meta[MetaHash] }

// KindOf returns the kind that meta carries, "" for none.
func KindOf(meta map[string]string) services.Kind { return services.Kind(meta[MetaKind]) }

// meta is what every job of a kind carries. The hash follows in [seal], when
// the job is complete.
func meta(p *services.Platform, kind services.Kind) map[string]string {
	return map[string]string{
		MetaManagedBy: services.ManagedBy,
		MetaPlatform:  p.Identity,
		MetaKind:      string(kind),
	}
}

// seal writes the job's content hash into its meta and returns it.
func seal(job *api.Job) string {
	hash := Hash(job)
	job.Meta = maps.Clone(job.Meta)
	if job.Meta == nil {
		job.Meta = map[string]string{}
	}
	job.Meta[MetaHash] = hash
	return hash
}
