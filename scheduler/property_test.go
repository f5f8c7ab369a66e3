package scheduler

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// platforms draws what a platform file could ask for: jobs of every kind, with
// contents that change from one file to the next.
var platforms = rapid.Custom(func(t *rapid.T) Desired {
	var jobs []*jobspecs.Job
	if rapid.Bool().Draw(t, "hub") {
		jobs = append(jobs, wantedJob(services.KindHub, "main", rapid.SampledFrom([]string{"h1", "h2"}).Draw(t, "hub content")))
	}
	for _, user := range rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 0, 25, rapid.ID[int]).Draw(t, "users") {
		jobs = append(jobs, wantedJob(services.KindApp, string(rune('a'+user)), rapid.SampledFrom([]string{"a1", "a2"}).Draw(t, "app content")))
	}
	if rapid.Bool().Draw(t, "runner") {
		jobs = append(jobs, wantedJob(services.KindRunner, "gpu", "r1"))
	}
	return desired(jobs...)
})

// An apply that is killed anywhere, any number of times, and then finished
// brings the world to where it should be: nothing is made twice, no volume and
// no secret is lost, foreign jobs are not touched.
func TestCompute_Converges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		foreign := ObservedJob{ID: "postgres", ModifyIndex: 1}
		w.Jobs["postgres"] = foreign
		w.index = 10
		for range rapid.IntRange(1, 4).Draw(t, "files") {
			d := platforms.Draw(t, "platform")
			for range rapid.IntRange(0, 4).Draw(t, "kills") {
				plan := Compute(d, w.observe(d))
				require.NoError(t, w.carryOut(plan, rapid.IntRange(0, 60).Draw(t, "killed after")))
			}
			volumes, secrets := len(w.Volumes), len(w.Secrets)
			require.NoError(t, w.carryOut(Compute(d, w.observe(d)), all))
			require.GreaterOrEqual(t, len(w.Volumes), volumes)
			require.GreaterOrEqual(t, len(w.Secrets), secrets)

			rest := Compute(d, w.observe(d))
			require.True(t, rest.Empty(), "%s", rest)
			running := 0
			for _, have := range w.Jobs {
				if have.Owned && !have.Stopped {
					running++
				}
			}
			require.Equal(t, len(d.Jobs), running)
			require.Equal(t, foreign, w.Jobs["postgres"])
		}
	})
}

// The order in which things are listed does not reach the plan.
func TestCompute_OrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		before := platforms.Draw(t, "before")
		require.NoError(t, w.carryOut(Compute(before, w.observe(before)), rapid.IntRange(0, 60).Draw(t, "steps")))
		d := platforms.Draw(t, "platform")
		want, err := json.Marshal(Compute(d, w.observe(d)))
		require.NoError(t, err)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))).Shuffle(len(d.Jobs), func(i, j int) { d.Jobs[i], d.Jobs[j] = d.Jobs[j], d.Jobs[i] })
		got, err := json.Marshal(Compute(d, w.observe(d)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}
