package state

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func testConfig(t testing.TB, dir string) Config {
	return Config{Dir: dir, Logger: hclog.New(&hclog.LoggerOptions{Output: t.Output(), Level: hclog.Info})}
}

func mustOpen(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

var epoch = time.Date(2026, 11, 21, 2, 3, 4, 567, time.UTC)

func appliedJob(platform string, i int) Applied {
	job := services.Derive(services.KindApp, platform, fmt.Sprint(i))
	return Applied{
		Platform: platform, Job: job, Hash: "h" + fmt.Sprint(i), ModifyIndex: uint64(i), Version: 1, At: epoch,
		Spec: json.RawMessage(fmt.Sprintf(`{"ID":%q,"Pad":%q}`, job, strings.Repeat("x", 8000))),
	}
}

func TestStore_RemembersAcrossReopen(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, testConfig(t, dir))
	a := appliedJob("acme", 1)
	volume := VolumeRecord{Volume: services.Volume{ID: a.Job.VolumeID(), Owner: a.Job, Class: "local"}, NomadID: "n1", CreatedAt: epoch}
	platform := PlatformRecord{Identity: "acme", Name: "Acme", Namespace: "drover", Source: "/etc/acme.hcl", AppliedAt: epoch, Hash: "p1"}
	record := ApplyRecord{StartedAt: epoch, EndedAt: epoch.Add(time.Second), Outcome: "applied", Changes: []string{"+ job x"}}
	require.NoError(t, s.ApplyAll([]Command{
		PutApplied{a}, PutVolume{"acme", volume}, PutPlatform{platform}, RecordApply{"acme", record},
	}))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "Close is idempotent")

	s = mustOpen(t, testConfig(t, dir))
	got, ok, err := s.Job("acme", a.Job)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, a, got)
	list, err := s.Applied("acme")
	require.NoError(t, err)
	a.Spec = nil
	require.Equal(t, []Applied{a}, list, "a list leaves specs out")
	volumes, err := s.Volumes("acme")
	require.NoError(t, err)
	require.Equal(t, []VolumeRecord{volume}, volumes)
	platforms, err := s.Platforms()
	require.NoError(t, err)
	require.Equal(t, []PlatformRecord{platform}, platforms)
	one, ok, err := s.Platform("acme")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, platform, one)
	records, err := s.History("acme", 0)
	require.NoError(t, err)
	require.Equal(t, []ApplyRecord{record}, records)
}

func TestStore_UnknownIsEmptyNotAnError(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	_, ok, err := s.Job("acme", "app-x")
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = s.Platform("acme")
	require.NoError(t, err)
	require.False(t, ok)
	list, err := s.Applied("acme")
	require.NoError(t, err)
	require.Equal(t, []Applied{}, list, "lists are never nil")
	require.NoError(t, s.ApplyAll([]Command{
		DeleteApplied{"acme", "app-x"}, DeletePlatform{"acme"}, DeleteVolume{"acme", "vol-x"}, MoveApplied{"acme", "app-x", 3},
	}), "deleting and moving what is not there is no error")
	list, err = s.Applied("acme")
	require.NoError(t, err)
	require.Empty(t, list, "moving makes nothing")
}

func TestStore_PlatformsDoNotMix(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	require.NoError(t, s.ApplyAll([]Command{PutApplied{appliedJob("a", 1)}, PutApplied{appliedJob("a-b", 2)}, PutApplied{appliedJob("ab", 3)}}))
	list, err := s.Applied("a")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "a", list[0].Platform)
}

func TestStore_MoveAppliedKeepsTheRest(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	a := appliedJob("acme", 1)
	require.NoError(t, s.Apply(PutApplied{a}))
	require.NoError(t, s.Apply(MoveApplied{"acme", a.Job, 77}))
	got, _, err := s.Job("acme", a.Job)
	require.NoError(t, err)
	a.ModifyIndex = 77
	require.Equal(t, a, got)
}

func TestStore_NomadVolumeBelongsToOneRecord(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	put := func(id services.ID, nomad string) error {
		return s.Apply(PutVolume{"acme", VolumeRecord{Volume: services.Volume{ID: id}, NomadID: nomad, CreatedAt: epoch}})
	}
	require.NoError(t, put("vol-a", "n1"))
	require.NoError(t, put("vol-a", "n1"), "again is no conflict")
	err := put("vol-b", "n1")
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	require.EqualError(t, err, "Nomad volume n1 belongs to acme/vol-a and cannot belong to acme/vol-b")
	list, err := s.Volumes("acme")
	require.NoError(t, err)
	require.Len(t, list, 1, "a refused command changes nothing")
	require.NoError(t, put("vol-a", "n2"), "the record moves to another Nomad volume")
	require.NoError(t, put("vol-b", "n1"), "and frees the one before")
	require.NoError(t, s.Apply(DeleteVolume{"acme", "vol-b"}))
	require.NoError(t, put("vol-a", "n1"), "so does deleting")
}

// Two racing commands that claim the same Nomad volume: one wins.
func TestStore_RacingClaims(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	const racers = 16
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			errs[i] = s.Apply(PutVolume{"acme", VolumeRecord{Volume: services.Volume{ID: services.ID(fmt.Sprint("vol-", i))}, NomadID: "n1"}})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, services.CodeConflict, services.ErrorCode(err))
	}
	require.Equal(t, 1, won)
}

func TestStore_HistoryIsLatestFirstAndTrimmed(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	zone := time.FixedZone("east", 9*3600) // an earlier instant with a later wall clock
	starts := []time.Time{epoch, epoch.Add(-time.Hour).In(zone), epoch.Add(1), epoch.Add(time.Hour)}
	for i, at := range starts {
		require.NoError(t, s.Apply(RecordApply{"acme", ApplyRecord{StartedAt: at, Outcome: fmt.Sprint(i)}}))
	}
	require.NoError(t, s.Apply(RecordApply{"acme", ApplyRecord{StartedAt: epoch, EndedAt: epoch.Add(5), Outcome: "0 ended"}}))
	outcomes := func(limit int) []string {
		records, err := s.History("acme", limit)
		require.NoError(t, err)
		var out []string
		for _, r := range records {
			out = append(out, r.Outcome)
		}
		return out
	}
	require.Equal(t, []string{"3", "2", "0 ended", "1"}, outcomes(0))
	require.Equal(t, []string{"3", "2"}, outcomes(2))
	require.NoError(t, s.Apply(TrimHistory{"acme", 3}))
	require.Equal(t, []string{"3", "2", "0 ended"}, outcomes(0))
}

func TestStore_RefusesWrongCommands(t *testing.T) {
	s := mustOpen(t, Config{InMemory: true})
	for name, c := range map[string]Command{
		`the platform identity is empty`:                                       PutApplied{Applied{Job: "app-x"}},
		`the job ID "a/b" contains a slash or a control character`:             PutApplied{Applied{Platform: "p", Job: "a/b"}},
		`the platform identity "a\nb" contains a slash or a control character`: DeleteApplied{"a\nb", "x"},
		`the platform identity has 513 bytes; at most 512 are allowed`:         DeletePlatform{strings.Repeat("x", 513)},
		`the volume ID is empty`:                                               PutVolume{"p", VolumeRecord{}},
		`the Nomad volume ID "a/b" contains a slash or a control character`:    PutVolume{"p", VolumeRecord{Volume: services.Volume{ID: "v"}, NomadID: "a/b"}},
		`an apply is recorded by its start, which is missing`:                  RecordApply{"p", ApplyRecord{}},
		`cannot keep -1 records of history`:                                    TrimHistory{"p", -1},
		`encode spec/p/app-x: json: error calling MarshalJSON for type json.RawMessage: invalid character 'o' in literal null (expecting 'u')`: PutApplied{Applied{Platform: "p", Job: "app-x", Spec: json.RawMessage("no")}},
	} {
		err := s.ApplyAll([]Command{PutPlatform{PlatformRecord{Identity: "first"}}, c})
		require.EqualError(t, err, name)
		require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
	}
	list, err := s.Platforms()
	require.NoError(t, err)
	require.Empty(t, list, "a batch with a wrong command changes nothing")
}

// 500 jobs of 8 kB are more than one transaction may hold.
func TestStore_ApplyAllCutsLongLists(t *testing.T) {
	s := mustOpen(t, testConfig(t, t.TempDir()))
	var commands []Command
	for i := range 500 {
		commands = append(commands, PutApplied{appliedJob("acme", i)})
	}
	require.NoError(t, s.ApplyAll(commands))
	list, err := s.Applied("acme")
	require.NoError(t, err)
	require.Len(t, list, 500)
	require.IsIncreasing(t, jobs(list))

	big := ApplyRecord{StartedAt: epoch, Outcome: "applied", Changes: []string{strings.Repeat("y", 5<<20)}}
	require.NoError(t, s.Apply(RecordApply{"acme", big}), "one value larger than a transaction goes to the value log")
	records, err := s.History("acme", 1)
	require.NoError(t, err)
	require.Equal(t, []ApplyRecord{big}, records)
	require.NoError(t, s.collect())
}

func jobs(list []Applied) []string {
	var out []string
	for _, a := range list {
		out = append(out, string(a.Job))
	}
	return out
}

func TestOpen_RefusesASecondProcess(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, testConfig(t, dir))
	_, err := Open(testConfig(t, dir))
	require.EqualError(t, err, fmt.Sprintf("the state in %s is in use by process %d, most likely another drover. "+
		"Wait until it ends, or stop it, or give another state directory", dir, os.Getpid()))
	require.Equal(t, services.CodeConflict, services.ErrorCode(err))
}

func TestOpen_RefusesWhatIsNoDirectory(t *testing.T) {
	_, err := Open(Config{})
	require.EqualError(t, err, "open state: no directory is given")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Open(testConfig(t, file))
	require.EqualError(t, err, "the state directory "+file+" cannot be made: mkdir "+file+": not a directory. Give a state directory that you may write to")
}

func TestOpen_RefusesAForeignDatabase(t *testing.T) {
	dir := t.TempDir()
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *badger.Txn) error { return tx.Set([]byte("theirs"), nil) }))
	require.NoError(t, db.Close())
	_, err = Open(testConfig(t, dir))
	require.EqualError(t, err, "the state directory holds a database that is not Drover's: it has no meta/schema. Give another state directory")
}

func TestRun_EndsWithItsContext(t *testing.T) {
	s := mustOpen(t, testConfig(t, t.TempDir()))
	require.NoError(t, s.collect(), "nothing to collect is no error")
	done := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- s.Run(ctx) }()
	cancel()
	require.NoError(t, <-done)
}
