package state

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/services"
)

// model is the store as plain maps.
type model struct {
	Applied   map[string]map[services.JobID]Applied
	Platforms map[string]PlatformRecord
	Volumes   map[string]map[services.ID]VolumeRecord
	History   map[string]map[time.Time]ApplyRecord
}

func newModel() *model {
	return &model{
		map[string]map[services.JobID]Applied{}, map[string]PlatformRecord{},
		map[string]map[services.ID]VolumeRecord{}, map[string]map[time.Time]ApplyRecord{},
	}
}

func at[K, L comparable, V any](m map[K]map[L]V, k K) map[L]V {
	if m[k] == nil {
		m[k] = map[L]V{}
	}
	return m[k]
}

// apply does to the maps what the store should do, and reports whether the
// command is accepted.
func (m *model) apply(c Command) bool {
	switch c := c.(type) {
	case PutApplied:
		at(m.Applied, c.Applied.Platform)[c.Applied.Job] = c.Applied
	case MoveApplied:
		if a, ok := m.Applied[c.Platform][c.Job]; ok {
			a.ModifyIndex = c.ModifyIndex
			m.Applied[c.Platform][c.Job] = a
		}
	case DeleteApplied:
		delete(m.Applied[c.Platform], c.Job)
	case PutPlatform:
		m.Platforms[c.Platform.Identity] = c.Platform
	case DeletePlatform:
		delete(m.Platforms, c.Identity)
	case PutVolume:
		for platform, volumes := range m.Volumes {
			for id, v := range volumes {
				same := platform == c.Platform && id == c.Record.Volume.ID
				if !same && v.NomadID != "" && v.NomadID == c.Record.NomadID {
					return false
				}
			}
		}
		at(m.Volumes, c.Platform)[c.Record.Volume.ID] = c.Record
	case DeleteVolume:
		delete(m.Volumes[c.Platform], c.Volume)
	case RecordApply:
		at(m.History, c.Platform)[c.Record.StartedAt] = c.Record
	case TrimHistory:
		starts := slices.SortedFunc(maps.Keys(m.History[c.Platform]), func(a, b time.Time) int { return b.Compare(a) })
		for _, start := range starts[min(c.Keep, len(starts)):] {
			delete(m.History[c.Platform], start)
		}
	default:
		panic(fmt.Sprintf("no model of %T", c))
	}
	return true
}

func genCommand(t *rapid.T) Command {
	platform := rapid.SampledFrom([]string{"a", "a-b", "b"}).Draw(t, "platform")
	job := rapid.SampledFrom([]services.JobID{"app-1", "app-2", "hub-1"}).Draw(t, "job")
	volume := rapid.SampledFrom([]services.ID{"vol-1", "vol-2", "vol-3"}).Draw(t, "volume")
	n := rapid.IntRange(0, 5).Draw(t, "n")
	when := epoch.Add(time.Duration(n) * time.Nanosecond)
	switch rapid.IntRange(0, 8).Draw(t, "command") {
	case 0:
		return PutApplied{Applied{Platform: platform, Job: job, Hash: fmt.Sprint(n), ModifyIndex: uint64(n), At: when, Spec: json.RawMessage(`{"n":1}`)}}
	case 1:
		return MoveApplied{platform, job, uint64(n)}
	case 2:
		return DeleteApplied{platform, job}
	case 3:
		return PutPlatform{PlatformRecord{Identity: platform, Name: fmt.Sprint(n), AppliedAt: when}}
	case 4:
		return DeletePlatform{platform}
	case 5:
		id := rapid.SampledFrom([]string{"", "n1", "n2"}).Draw(t, "nomad volume")
		return PutVolume{platform, VolumeRecord{Volume: services.Volume{ID: volume, SizeMiB: n}, NomadID: id, CreatedAt: when}}
	case 6:
		return DeleteVolume{platform, volume}
	case 7:
		return RecordApply{platform, ApplyRecord{StartedAt: when, Outcome: rapid.StringMatching(`[a-zé<&]{0,5}`).Draw(t, "outcome")}}
	default:
		return TrimHistory{platform, n}
	}
}

// Any sequence of commands leaves in the store what it leaves in plain maps,
// and a replay of the log in another store gives the same.
func TestStore_EqualsAModel(t *testing.T) {
	s, replica := mustOpen(t, Config{InMemory: true}), mustOpen(t, Config{InMemory: true})
	rapid.Check(t, func(t *rapid.T) {
		require.NoError(t, s.db.DropAll())
		require.NoError(t, replica.db.DropAll())
		m := newModel()
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			c := genCommand(t)
			err := s.Apply(c)
			require.Equal(t, m.apply(c), err == nil, "%#v: %v", c, err)

			log, err2 := MarshalCommand(c)
			require.NoError(t, err2)
			again, err2 := UnmarshalCommand(log)
			require.NoError(t, err2)
			require.Equal(t, c, again)
			require.Equal(t, err == nil, replica.Apply(again) == nil)
		}
		m.require(t, s)
		m.require(t, replica)
	})
}

func (m *model) require(t *rapid.T, s *Store) {
	platforms, err := s.Platforms()
	require.NoError(t, err)
	require.Equal(t, sorted(m.Platforms), platforms)
	for _, p := range []string{"a", "a-b", "b"} {
		applied, err := s.Applied(p)
		require.NoError(t, err)
		full := []Applied{}
		for _, a := range applied {
			one, ok, err := s.Job(p, a.Job)
			require.NoError(t, err)
			require.True(t, ok)
			full = append(full, one)
		}
		require.Equal(t, sorted(m.Applied[p]), full)
		volumes, err := s.Volumes(p)
		require.NoError(t, err)
		require.Equal(t, sorted(m.Volumes[p]), volumes)
		history, err := s.History(p, 0)
		require.NoError(t, err)
		want := []ApplyRecord{}
		for _, start := range slices.SortedFunc(maps.Keys(m.History[p]), func(a, b time.Time) int { return b.Compare(a) }) {
			want = append(want, m.History[p][start])
		}
		require.Equal(t, want, history)
	}
}

func sorted[K cmp.Ordered, V any](m map[K]V) []V {
	out := []V{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}
