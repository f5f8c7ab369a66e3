package state

import (
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// VolumeRecord is a durable volume that Drover made.
type VolumeRecord struct {
	Volume    services.Volume `json:"volume"`
	NomadID   string          `json:"nomad_id,omitempty"` // "" before Nomad gave it one
	CreatedAt time.Time       `json:"created_at"`
}

// PutVolume remembers a volume. A Nomad volume belongs to one record: another
// record that has the same NomadID is a conflict.
type PutVolume struct {
	Platform string       `json:"platform"`
	Record   VolumeRecord `json:"record"`
}

// DeleteVolume forgets a volume that was deleted by name. Forgetting what is not
// there is no error.
type DeleteVolume struct {
	Platform string      `json:"platform"`
	Volume   services.ID `json:"volume"`
}

func (c PutVolume) validate() error {
	err := firstError(keyPart("platform identity", c.Platform), keyPart("volume ID", string(c.Record.Volume.ID)))
	if err == nil && c.Record.NomadID != "" {
		err = keyPart("Nomad volume ID", c.Record.NomadID)
	}
	return err
}

func (c PutVolume) apply(tx *badger.Txn) error {
	id := string(c.Record.Volume.ID)
	before, _, err := volumes.get(tx, c.Platform, id)
	if err != nil {
		return err
	}
	if before.NomadID != "" && before.NomadID != c.Record.NomadID {
		if err := tx.Delete([]byte(volumeIDRoot + before.NomadID)); err != nil {
			return err
		}
	}
	if c.Record.NomadID != "" {
		if err := claimVolume(tx, c.Record.NomadID, c.Platform+"/"+id); err != nil {
			return err
		}
	}
	return volumes.put(tx, c.Record, c.Platform, id)
}

// claimVolume makes owner the only record of a Nomad volume.
func claimVolume(tx *badger.Txn, nomadID, owner string) error {
	key := []byte(volumeIDRoot + nomadID)
	item, err := tx.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return tx.Set(key, []byte(owner))
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	return item.Value(func(v []byte) error {
		if string(v) != owner {
			return services.Errorf(services.CodeConflict, "Nomad volume %s belongs to %s and cannot belong to %s", nomadID, v, owner)
		}
		return nil
	})
}

func (c DeleteVolume) validate() error {
	return firstError(keyPart("platform identity", c.Platform), keyPart("volume ID", string(c.Volume)))
}

func (c DeleteVolume) apply(tx *badger.Txn) error {
	before, ok, err := volumes.get(tx, c.Platform, string(c.Volume))
	if err != nil || !ok {
		return err
	}
	if before.NomadID != "" {
		if err := tx.Delete([]byte(volumeIDRoot + before.NomadID)); err != nil {
			return err
		}
	}
	return volumes.delete(tx, c.Platform, string(c.Volume))
}

// Volumes returns the volumes of a platform, sorted by ID.
func (s *Store) Volumes(platform string) ([]VolumeRecord, error) {
	return list(s, volumes, 0, false, platform)
}
