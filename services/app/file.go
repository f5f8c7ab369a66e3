package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/drover-platform/drover/services"
)

// tempPrefix marks files that are being written. Whatever carries it when an
// App starts was left by a process that died.
const tempPrefix = ".tmp-"

// writeFile puts a file in place as a whole or not at all, and durably: when
// it returns nil, no crash takes the file away again.
func writeFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), tempPrefix)
	if err != nil {
		return storageError(err)
	}
	if _, err := file.Write(data); err != nil {
		return storageError(errors.Join(err, discard(file)))
	}
	return place(file, path)
}

// place syncs and closes a temporary file, renames it to path, on the same
// file system, and syncs both folders. When it fails the file is gone.
func place(file *os.File, path string) error {
	err := file.Sync()
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the start of the next process does it otherwise
		return storageError(err)
	}
	from, to := filepath.Dir(file.Name()), filepath.Dir(path)
	if err := syncDir(to); err != nil || from == to {
		return err
	}
	return syncDir(from)
}

// discard closes and removes a temporary file.
func discard(file *os.File) error {
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// syncDir makes what was renamed into or removed from a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return storageError(err)
	}
	return storageError(errors.Join(dir.Sync(), dir.Close()))
}

// remove removes a file durably. A file that is not there is no error.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storageError(err)
	}
	return syncDir(filepath.Dir(path))
}

// storageError says in words what a person can do about the volume, and
// leaves everything else as it is.
func storageError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return services.Errorf(services.CodeUnavailable, "the volume is full: %w", err).
			WithHint("Make the App's volume larger; nothing of this request was kept")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return services.Errorf(services.CodeForbidden, "the volume cannot be written: %w", err).
			WithHint("Give the task's user the App's folder")
	}
	return fmt.Errorf("use the volume: %w", err)
}

// names returns the sorted names of the files in a folder and removes, or
// has removed before, those that were never finished.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, storageError(err)
	}
	var found []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return nil, storageError(err)
			}
			continue
		}
		if entry.Type().IsRegular() {
			found = append(found, entry.Name())
		}
	}
	return found, nil
}
