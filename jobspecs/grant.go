package jobspecs

import (
	"slices"
	"strings"

	"github.com/drover-platform/drover/services"
)

// grant is what a job may read in Vault: its own generated secrets, and the
// very paths that its tasks name. It is nil for a job that reads nothing.
func grant(p *services.Platform, id services.JobID, work []services.Workload) *services.Grant {
	var paths []string
	reads, own := false, false
	for _, w := range work {
		reads = reads || w.HasSecrets()
		for _, s := range w.Secrets {
			if !s.Generated() {
				paths = append(paths, s.VaultPath)
			} else {
				own = true
			}
		}
		if w.S3 != nil {
			paths = append(paths, w.S3.VaultPath)
		}
	}
	if !reads {
		return nil
	}
	// A path with a wildcard in it would permit more than the path: it gets no
	// rule at all, and its task says that it may not read it.
	paths = slices.DeleteFunc(paths, func(path string) bool { return !services.ValidVaultPath(path) })
	if all := dataPath(p, services.SecretPath(id, "")); own && services.ValidVaultPath(strings.TrimSuffix(all, "/")) {
		paths = append(paths, all+"*")
	}
	return &services.Grant{
		Name:      services.GrantName(id),
		Job:       id,
		Namespace: namespace(p),
		Rules:     rules(paths),
	}
}

// rules is a Vault policy that permits to read the paths.
func rules(paths []string) string {
	slices.Sort(paths)
	var b []byte
	for i, path := range slices.Compact(paths) {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, "path "...)
		b = appendQuoted(b, path)
		b = append(b, " {\n  capabilities = [\"read\"]\n}\n"...)
	}
	return string(b)
}
