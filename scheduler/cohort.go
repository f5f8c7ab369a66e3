package scheduler

import "slices"

// Cohort sizes: the first is one App, so that a profile that does not start
// breaks one and not all; then they grow fourfold up to maxCohort, which
// bounds how many Apps start at the same time.
const (
	firstCohort  = 1
	cohortGrowth = 4
	maxCohort    = 64
)

// Cohorts cuts items into the groups that are rolled out one after another:
// 1, 4, 16, 64, 64, ...
func Cohorts[T any](items []T) [][]T {
	var out [][]T
	size := firstCohort
	for len(items) > 0 {
		n := min(size, len(items))
		out = append(out, slices.Clip(items[:n]))
		items = items[n:]
		size = min(size*cohortGrowth, maxCohort)
	}
	return out
}
