package state

import "testing"

// BenchmarkApplyAll500 remembers 500 jobs of 8 kB on disk; BenchmarkApply one.
// Their ratio is what the batch saves.
func BenchmarkApplyAll500(b *testing.B) {
	s := mustOpen(b, Config{Dir: b.TempDir()})
	var commands []Command
	for i := range 500 {
		commands = append(commands, PutApplied{appliedJob("acme", i)})
	}
	for b.Loop() {
		if err := s.ApplyAll(commands); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "jobs/s")
}

func BenchmarkApply(b *testing.B) {
	s := mustOpen(b, Config{Dir: b.TempDir()})
	command := PutApplied{appliedJob("acme", 1)}
	for b.Loop() {
		if err := s.Apply(command); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkApplied10000 lists what was applied of 10,000 jobs.
func BenchmarkApplied10000(b *testing.B) {
	s := mustOpen(b, Config{Dir: b.TempDir()})
	var commands []Command
	for i := range 10_000 {
		commands = append(commands, PutApplied{appliedJob("acme", i)})
	}
	if err := s.ApplyAll(commands); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if list, err := s.Applied("acme"); err != nil || len(list) != 10_000 {
			b.Fatal(len(list), err)
		}
	}
}
