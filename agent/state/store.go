package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
)

// Config says where the state lives.
type Config struct {
	Dir      string       // made with mode 0700 when it does not exist; required unless InMemory
	Logger   hclog.Logger // nil: nothing is logged
	InMemory bool         // for tests: gone when closed
}

// Store is an open state directory. It is safe for concurrent use.
type Store struct {
	db    *badger.DB
	close func() error
}

// Sizes are small: the state of 10,000 Apps is some tens of megabytes, and an
// agent should not be larger than what it looks after. One transaction takes
// 15 % of a memtable, about 2.4 MiB.
const (
	memtableSize  = 16 << 20
	memtables     = 2
	blockCache    = 8 << 20
	valueLogSize  = 64 << 20 // also the largest value
	maxValueInLSM = 1 << 20  // larger ones go to the value log
)

// Open opens the state in cfg.Dir, makes it when it does not exist, and
// migrates it when it is of an older schema, after a backup. It refuses a
// directory that another process has open, and one of a newer schema.
func Open(cfg Config) (*Store, error) {
	return open(cfg, Schema, migrations())
}

func open(cfg Config, schema int, steps []migration) (*Store, error) {
	logger := cfg.Logger
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	logger = logger.Named("state")
	dir := cfg.Dir
	if cfg.InMemory {
		dir = ""
	} else {
		if dir == "" {
			return nil, services.Errorf(services.CodeInvalid, "open state: no directory is given")
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, services.Errorf(services.CodeInvalid, "the state directory %s cannot be made: %w", dir, err).
				WithHint("Give a state directory that you may write to")
		}
	}
	db, err := badger.Open(badger.DefaultOptions(dir).
		WithInMemory(cfg.InMemory).
		WithSyncWrites(!cfg.InMemory).
		WithMemTableSize(memtableSize).
		WithNumMemtables(memtables).
		WithBlockCacheSize(blockCache).
		WithValueLogFileSize(valueLogSize).
		WithValueThreshold(maxValueInLSM).
		WithMetricsEnabled(false).
		WithNumCompactors(2).
		WithLogger(badgerLog{logger}))
	if err != nil {
		return nil, explainOpen(dir, err)
	}
	s := &Store{db: db, close: sync.OnceValue(db.Close)}
	if err := s.migrate(dir, schema, steps, logger); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close waits for what is being written and releases the directory. It may be
// called more than once.
func (s *Store) Close() error {
	if err := s.close(); err != nil {
		return fmt.Errorf("close state: %w", err)
	}
	return nil
}

// lockFile is where Badger writes the ID of the process that holds the
// directory.
const lockFile = "LOCK"

// explainOpen says in words why a directory cannot be opened. Badger's own
// error keeps no chain, so its text has to do.
func explainOpen(dir string, err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "Cannot acquire directory lock"):
		who := "another process"
		if pid, err := os.ReadFile(filepath.Join(dir, lockFile)); err == nil && len(bytes.TrimSpace(pid)) > 0 {
			who = fmt.Sprintf("process %s", bytes.TrimSpace(pid))
		}
		return services.Errorf(services.CodeConflict, "the state in %s is in use by %s, most likely another drover", dir, who).
			WithHint("Wait until it ends, or stop it, or give another state directory")
	case strings.Contains(text, "permission denied"):
		return services.Errorf(services.CodeForbidden, "the state in %s cannot be opened: permission denied", dir).
			WithHint("Run drover as the owner of the directory, or give another state directory")
	}
	return fmt.Errorf("open state in %s: %w", dir, err)
}
