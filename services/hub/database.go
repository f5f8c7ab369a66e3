package hub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// schemaVersion is the version that this program reads and writes; it is
// SQLite's user_version.
const schemaVersion = 1

// schema makes an empty database of schemaVersion. Times are Unix seconds.
const schema = `
CREATE TABLE users (
	id         TEXT PRIMARY KEY,
	username   TEXT NOT NULL UNIQUE COLLATE NOCASE,
	email      TEXT NOT NULL UNIQUE COLLATE NOCASE,
	role       TEXT NOT NULL,
	password   TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE projects (
	id         TEXT PRIMARY KEY,
	title      TEXT NOT NULL,
	owner      TEXT NOT NULL REFERENCES users (id),
	revision   INTEGER NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE revisions (
	project    TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
	revision   INTEGER NOT NULL,
	author     TEXT NOT NULL REFERENCES users (id),
	sha256     TEXT NOT NULL,
	content    BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (project, revision)
) STRICT;
`

// database is the SQLite database: one connection that writes, a few that
// read, and the lock that keeps other processes away.
type database struct {
	path    string
	lock    *serve.Lock
	writer  *sql.DB
	readers *sql.DB
}

// databasePath checks DATABASE_URL and returns the path that it names.
func databasePath(databaseURL string) (string, error) {
	path := strings.TrimPrefix(databaseURL, "sqlite://")
	switch {
	case databaseURL == "":
		return "", services.Errorf(services.CodeInvalid, "DATABASE_URL is not set").
			WithHint("Set it to the absolute path of the database on the durable volume, such as /root/watchful.db")
	case !filepath.IsAbs(path):
		return "", services.Errorf(services.CodeInvalid, "DATABASE_URL is %q, which is not an absolute path", databaseURL).
			WithHint("Set it to the absolute path of the database on the durable volume, such as /root/watchful.db")
	case strings.HasSuffix(path, "/"):
		return "", services.Errorf(services.CodeInvalid, "DATABASE_URL is %q, which is a folder", databaseURL).
			WithHint("Add the name of a file, such as %s", filepath.Join(path, "watchful.db"))
	}
	path = filepath.Clean(path)
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", services.Errorf(services.CodeInvalid, "the folder %s of DATABASE_URL does not exist", dir).
			WithHint("Mount the durable volume there, or correct DATABASE_URL")
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", services.Errorf(services.CodeInvalid, "DATABASE_URL is %q, which is not a file", databaseURL).
			WithHint("Add the name of a file, such as %s", filepath.Join(path, "watchful.db"))
	}
	return path, nil
}

// openDatabase opens the database for this process alone.
func openDatabase(databaseURL string) (*database, error) {
	path, err := databasePath(databaseURL)
	if err != nil {
		return nil, err
	}
	lock, err := serve.TakeLock(path+".lock", "the Hub's database "+path)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil, services.Errorf(services.CodeForbidden, "the folder %s of DATABASE_URL is not writable: %w", filepath.Dir(path), err).
				WithHint("Give the task's user the folder, or correct DATABASE_URL")
		}
		return nil, err
	}
	db := &database{path: path, lock: lock}
	if err := db.open(); err != nil {
		return nil, errors.Join(explainOpen(path, err), db.close())
	}
	return db, nil
}

// open connects and brings the schema up to date.
func (d *database) open() error {
	// One writer, and transactions that take the write lock when they begin:
	// they queue in Go instead of failing with SQLITE_BUSY halfway.
	var err error
	if d.writer, err = sql.Open("sqlite", dsn(d.path, "immediate", "synchronous(FULL)", "foreign_keys(1)")); err != nil {
		return err
	}
	d.writer.SetMaxOpenConns(1)
	if err := d.migrate(); err != nil {
		return err
	}
	if d.readers, err = sql.Open("sqlite", dsn(d.path, "deferred", "query_only(1)")); err != nil {
		return err
	}
	d.readers.SetMaxOpenConns(4)
	return d.readers.Ping()
}

// dsn is the data source name of a connection to path. Sorting in memory
// spares the Hub a temporary folder, which an image FROM scratch has not.
func dsn(path, lock string, pragmas ...string) string {
	query := url.Values{"_txlock": {lock}}
	for _, pragma := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "temp_store(MEMORY)"}, pragmas...) {
		query.Add("_pragma", pragma)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// migrate makes the schema, or checks that it is one that this program knows.
func (d *database) migrate() error {
	tx, err := d.writer.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case schemaVersion:
		return nil
	case 0:
		if _, err := tx.Exec(schema); err != nil {
			return err
		}
		if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
			return err
		}
		return tx.Commit()
	default:
		return services.Errorf(services.CodeConflict, "the database %s has schema version %d, and this program knows %d", d.path, version, schemaVersion).
			WithHint("Run the newer version again, or restore the backup that was made before its first start")
	}
}

// explainOpen says in words what SQLite says in codes.
func explainOpen(path string, err error) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		// Nobody else has it open: the lock file says so.
		return services.Errorf(services.CodeUnavailable, "the database %s is locked: %w", path, err).
			WithHint("Close other programs that have it open; on an SMB share mount it with the option nobrl")
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return services.Errorf(services.CodeConflict, "the file %s is not an intact SQLite database: %w", path, err).
			WithHint("Restore it from a backup, or correct DATABASE_URL")
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return services.Errorf(services.CodeForbidden, "the database %s cannot be written: %w", path, err).
			WithHint("Give the task's user the file and its folder")
	case sqlite3.SQLITE_FULL:
		return services.Errorf(services.CodeUnavailable, "the volume of %s is full: %w", path, err).
			WithHint("Make the volume larger")
	}
	return fmt.Errorf("open database %s: %w", path, err)
}

// update runs f in the one write transaction. It is durable when update
// returns nil.
func (d *database) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// close closes the connections, which checkpoints the write-ahead log, and
// then gives the lock up.
func (d *database) close() error {
	var errs []error
	for _, db := range []*sql.DB{d.readers, d.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, d.lock.Close())...)
}

// unique reports whether err says that a row would not be unique.
func unique(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
