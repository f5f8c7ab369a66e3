package jobspecs_test

import (
	"testing"

	"github.com/drover-platform/drover/jobspecs"
)

// BenchmarkRenderApps builds, hashes and renders 10,000 App jobs.
func BenchmarkRenderApps(b *testing.B) {
	const apps = 10_000
	p := manyApps(apps)
	b.ReportAllocs()
	var bytes int64
	for b.Loop() {
		bytes = 0
		for _, job := range jobspecs.Jobs(p) {
			bytes += int64(len(jobspecs.Render(job.Spec)))
		}
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(apps*b.N)/b.Elapsed().Seconds(), "jobs/s")
}
