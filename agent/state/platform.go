package state

import (
	"time"

	"github.com/dgraph-io/badger/v4"
)

// PlatformRecord is a platform that Drover applied.
type PlatformRecord struct {
	Identity  string    `json:"identity"` // what the platform's IDs derive from
	Name      string    `json:"name"`
	Namespace string    `json:"namespace"` // Nomad namespace
	Source    string    `json:"source"`    // path of the file or folder, absolute
	AppliedAt time.Time `json:"applied_at"`
	Hash      string    `json:"hash"` // content hash of the platform
}

// PutPlatform remembers a platform in place of what was known of it.
type PutPlatform struct {
	Platform PlatformRecord `json:"platform"`
}

// DeletePlatform forgets a platform that was destroyed. Its volumes and its
// history stay, because they outlive it.
type DeletePlatform struct {
	Identity string `json:"identity"`
}

func (c PutPlatform) validate() error { return keyPart("platform identity", c.Platform.Identity) }

func (c PutPlatform) apply(tx *badger.Txn) error {
	return platforms.put(tx, c.Platform, c.Platform.Identity)
}

func (c DeletePlatform) validate() error { return keyPart("platform identity", c.Identity) }

func (c DeletePlatform) apply(tx *badger.Txn) error { return platforms.delete(tx, c.Identity) }

// Platforms returns every platform, sorted by identity.
func (s *Store) Platforms() ([]PlatformRecord, error) {
	return list(s, platforms, 0, false)
}

// Platform returns one platform, and false when it is not known.
func (s *Store) Platform(identity string) (p PlatformRecord, ok bool, err error) {
	err = s.view(func(tx *badger.Txn) error {
		p, ok, err = platforms.get(tx, identity)
		return err
	})
	return p, ok, err
}
