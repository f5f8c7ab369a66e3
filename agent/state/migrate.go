package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dgraph-io/badger/v4"
	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
)

// migration brings a store from schema to-1 to schema to. run may run more
// than once and must fit one transaction.
type migration struct {
	to   int
	name string
	run  func(tx *badger.Txn) error
}

// migrations lists every step, in order. Schema 1 is the first one.
func migrations() []migration { return nil }

// migrate brings the store to the schema, or refuses it.
func (s *Store) migrate(dir string, schema int, steps []migration, logger hclog.Logger) error {
	have, err := s.schema()
	if err != nil {
		return err
	}
	switch {
	case have == unknownSchema:
		return s.update(func(tx *badger.Txn) error { return setSchema(tx, schema) })
	case have == schema:
		return nil
	case have > schema:
		return services.Errorf(services.CodeInvalid, "the state in %s has schema %d and this Drover knows schemas up to %d", dir, have, schema).
			WithHint("Use a Drover that is at least as new as the one that wrote the state, or restore the backup that the newer one made")
	}
	if dir != "" {
		path, err := s.backup(dir, have)
		if err != nil {
			return err
		}
		logger.Info("backed up state before migration", "path", path, "schema", have)
	}
	for _, step := range steps {
		if step.to <= have {
			continue
		}
		if step.to != have+1 {
			break
		}
		err := s.update(func(tx *badger.Txn) error {
			if err := step.run(tx); err != nil {
				return err
			}
			return setSchema(tx, step.to)
		})
		if err != nil {
			return fmt.Errorf("migrate state to schema %d (%s): %w", step.to, step.name, err)
		}
		logger.Info("migrated state", "schema", step.to, "migration", step.name)
		have = step.to
	}
	if have != schema {
		return services.Errorf(services.CodeInvalid, "the state in %s has schema %d, which this Drover cannot bring to schema %d", dir, have, schema).
			WithHint("Open it once with an older Drover that can")
	}
	return nil
}

// unknownSchema is what an empty store has.
const unknownSchema = -1

// schema returns the store's schema, unknownSchema for a store that is empty,
// and an error for one that is not Drover's.
func (s *Store) schema() (have int, err error) {
	err = s.view(func(tx *badger.Txn) error {
		item, err := tx.Get([]byte(schemaKey))
		if errors.Is(err, badger.ErrKeyNotFound) {
			have = unknownSchema
			it := tx.NewIterator(badger.IteratorOptions{})
			defer it.Close()
			if it.Rewind(); it.Valid() {
				return services.Errorf(services.CodeInvalid, "the state directory holds a database that is not Drover's: it has no %s", schemaKey).
					WithHint("Give another state directory")
			}
			return nil
		}
		if err != nil {
			return err
		}
		return item.Value(func(v []byte) error {
			if have, err = strconv.Atoi(string(v)); err != nil || have < 0 {
				return services.Errorf(services.CodeInvalid, "the state's schema is %q, which is not a number", v)
			}
			return nil
		})
	})
	return have, err
}

func setSchema(tx *badger.Txn, schema int) error {
	return tx.Set([]byte(schemaKey), []byte(strconv.Itoa(schema)))
}

// backup writes the whole store to <dir>/backup-<schema>, which appears
// complete or not at all, and returns that path. A backup of the same schema
// that is already there comes from a migration that did not finish or from an
// older life of this store, and is replaced.
func (s *Store) backup(dir string, schema int) (path string, err error) {
	path = filepath.Join(dir, "backup-"+strconv.Itoa(schema))
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up state to %s: %w", path, err)
		}
	}()
	f, err := os.CreateTemp(dir, "backup-*.partial")
	if err != nil {
		return path, err
	}
	defer func() { err = errors.Join(err, removeLeft(f.Name())) }()
	if _, err = s.db.Backup(f, 0); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return path, err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return path, err
	}
	return path, syncDir(dir)
}

// removeLeft removes a partial file that was not renamed.
func removeLeft(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
