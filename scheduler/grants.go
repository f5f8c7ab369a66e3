package scheduler

import "github.com/drover-platform/drover/services"

// withTheirJobs moves the update of a grant into the wave that updates its job.
// Until then the version that runs reads what it has to: updated with the
// rest, before the first wave, a hundred Apps would lose what they read for as
// long as it takes to reach the last of them, and for good when the first one
// fails. What is new, and what a hand changed while its job stays as it is,
// stays in the first wave.
func withTheirJobs(waves []Wave) []Wave {
	registered := map[services.JobID]int{} // which wave updates a running job
	for i, w := range waves {
		for _, r := range w.Register {
			if r.Restore {
				registered[r.Job.ID] = i
			}
		}
	}
	for i := range waves {
		var stay []WriteGrant
		for _, g := range waves[i].WriteGrants {
			at, ok := registered[g.Grant.Job]
			if !ok || at == i || g.Expect == Absent {
				stay = append(stay, g)
				continue
			}
			waves[at].WriteGrants = append(waves[at].WriteGrants, g)
		}
		waves[i].WriteGrants = stay
	}
	out := []Wave{}
	for _, w := range waves {
		if !w.empty() {
			out = append(out, w)
		}
	}
	return out
}

// empty reports whether there is nothing to do.
func (w Wave) empty() bool {
	return len(w.WriteGrants)+len(w.GenerateSecrets)+len(w.CreateVolumes)+len(w.Register)+len(w.Wait)+len(w.Stop)+len(w.DeleteGrants) == 0
}
