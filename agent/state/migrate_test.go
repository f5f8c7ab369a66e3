package state

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// oldStore writes a store of an older or newer schema with one platform.
func oldStore(t *testing.T, schema, platform string) string {
	t.Helper()
	dir := t.TempDir()
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *badger.Txn) error {
		return errors.Join(
			tx.Set([]byte(schemaKey), []byte(schema)),
			tx.Set([]byte("platform/acme"), []byte(platform)),
		)
	}))
	require.NoError(t, db.Close())
	return dir
}

// The steps of a test: schema 0 had no version byte and called the name
// "label".
func testSteps() []migration {
	return []migration{
		{to: 1, name: "add version bytes", run: func(tx *badger.Txn) error {
			item, err := tx.Get([]byte("platform/acme"))
			if err != nil {
				return err
			}
			v, err := item.ValueCopy(nil)
			if err != nil {
				return err
			}
			return tx.Set([]byte("platform/acme"), append([]byte{1}, v...))
		}},
		{to: 2, name: "call labels names", run: func(tx *badger.Txn) error {
			old := bucket[struct{ Identity, Label string }]{name: "platform", version: 1}
			v, ok, err := old.get(tx, "acme")
			if err != nil || !ok {
				return err
			}
			return platforms.put(tx, PlatformRecord{Identity: v.Identity, Name: v.Label}, "acme")
		}},
	}
}

func TestMigrate_BacksUpThenRunsEveryStep(t *testing.T) {
	dir := oldStore(t, "0", `{"Identity":"acme","Label":"Acme"}`)
	s, err := open(testConfig(t, dir), 2, testSteps())
	require.NoError(t, err)
	list, err := s.Platforms()
	require.NoError(t, err)
	require.Equal(t, []PlatformRecord{{Identity: "acme", Name: "Acme"}}, list)
	have, err := s.schema()
	require.NoError(t, err)
	require.Equal(t, 2, have)
	require.NoError(t, s.Close())

	// The backup holds the store as it was.
	f, err := os.Open(filepath.Join(dir, "backup-0"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	db, err := badger.Open(badger.DefaultOptions("").WithInMemory(true).WithLogger(nil))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Load(f, 16))
	require.NoError(t, db.View(func(tx *badger.Txn) error {
		for key, want := range map[string]string{schemaKey: "0", "platform/acme": `{"Identity":"acme","Label":"Acme"}`} {
			item, err := tx.Get([]byte(key))
			require.NoError(t, err)
			v, err := item.ValueCopy(nil)
			require.NoError(t, err)
			require.Equal(t, want, string(v))
		}
		return nil
	}))
	left, err := filepath.Glob(filepath.Join(dir, "*.partial"))
	require.NoError(t, err)
	require.Empty(t, left)

	// It is not done twice.
	require.NoError(t, os.Remove(filepath.Join(dir, "backup-0")))
	s, err = open(testConfig(t, dir), 2, testSteps())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoFileExists(t, filepath.Join(dir, "backup-0"))
}

func TestMigrate_AFailedStepLeavesTheStoreAsItWas(t *testing.T) {
	dir := oldStore(t, "0", `{"Identity":"acme","Label":"Acme"}`)
	broken := testSteps()
	broken[1].run = func(tx *badger.Txn) error {
		return errors.Join(tx.Delete([]byte("platform/acme")), errors.New("no luck"))
	}
	_, err := open(testConfig(t, dir), 2, broken)
	require.ErrorContains(t, err, "migrate state to schema 2 (call labels names): write state: no luck")
	require.FileExists(t, filepath.Join(dir, "backup-0"))

	s, err := open(testConfig(t, dir), 2, testSteps())
	require.NoError(t, err, "the next open goes on at schema 1")
	list, err := s.Platforms()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, s.Close())
	require.FileExists(t, filepath.Join(dir, "backup-1"))
}

func TestMigrate_RefusesWhatItDoesNotKnow(t *testing.T) {
	dir := oldStore(t, "7", `{}`)
	_, err := Open(testConfig(t, dir))
	require.EqualError(t, err, "the state in "+dir+" has schema 7 and this Drover knows schemas up to 1. "+
		"Use a Drover that is at least as new as the one that wrote the state, or restore the backup that the newer one made")
	require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
	require.NoFileExists(t, filepath.Join(dir, "backup-7"))

	dir = oldStore(t, "0", `{}`)
	_, err = Open(testConfig(t, dir))
	require.EqualError(t, err, "the state in "+dir+" has schema 0, which this Drover cannot bring to schema 1. "+
		"Open it once with an older Drover that can")

	dir = oldStore(t, "many", `{}`)
	_, err = Open(testConfig(t, dir))
	require.EqualError(t, err, `the state's schema is "many", which is not a number`)
}

func TestBucket_UpgradesOlderValuesAndRefusesNewerOnes(t *testing.T) {
	type named struct{ Name string }
	b := bucket[named]{name: "x", version: 3, upgrade: []func([]byte) ([]byte, error){
		func([]byte) ([]byte, error) { return json.Marshal(map[string]string{"Label": "from 1"}) },
		func(text []byte) ([]byte, error) {
			var old struct{ Label string }
			if err := json.Unmarshal(text, &old); err != nil {
				return nil, err
			}
			return json.Marshal(named{old.Label})
		},
	}}
	for raw, want := range map[string]string{"\x01{}": "from 1", "\x02{\"Label\":\"two\"}": "two", "\x03{\"Name\":\"three\"}": "three"} {
		v, err := b.decode([]byte(raw))
		require.NoError(t, err)
		require.Equal(t, want, v.Name)
	}
	_, err := b.decode([]byte("\x04{}"))
	require.EqualError(t, err, "the value has version 4 and this Drover reads up to version 3. Use a Drover that is at least as new as the one that wrote it")
	_, err = b.decode([]byte("\x00{}"))
	require.EqualError(t, err, "the value has version 0, which this Drover cannot read")
	_, err = b.decode(nil)
	require.Error(t, err)
	_, err = b.decode([]byte("\x02nope"))
	require.ErrorContains(t, err, "upgrade value of version 2")
}
