package state

import (
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// ApplyRecord is one apply of a platform. Its start tells it from the others:
// recording the same start again replaces the record, so that an apply can be
// recorded when it begins and once more when it ends.
type ApplyRecord struct {
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"` // zero while it runs, or when it was killed
	Outcome   string    `json:"outcome"`
	Changes   []string  `json:"changes,omitempty"` // one line each
}

// RecordApply adds to a platform's history.
type RecordApply struct {
	Platform string      `json:"platform"`
	Record   ApplyRecord `json:"record"`
}

// TrimHistory forgets the oldest applies of a platform beyond Keep.
type TrimHistory struct {
	Platform string `json:"platform"`
	Keep     int    `json:"keep"`
}

func (c RecordApply) validate() error {
	if year := c.Record.StartedAt.UTC().Year(); c.Record.StartedAt.IsZero() || year < 1 || year > 9999 {
		return services.Errorf(services.CodeInvalid, "an apply is recorded by its start, which is missing")
	}
	return keyPart("platform identity", c.Platform)
}

func (c RecordApply) apply(tx *badger.Txn) error {
	return history.put(tx, c.Record, c.Platform, historyKey(c.Record.StartedAt))
}

func (c TrimHistory) validate() error {
	if c.Keep < 0 {
		return services.Errorf(services.CodeInvalid, "cannot keep %d records of history", c.Keep)
	}
	return keyPart("platform identity", c.Platform)
}

func (c TrimHistory) apply(tx *badger.Txn) error {
	var old []time.Time
	kept := 0
	for record, err := range history.all(tx, true, c.Platform) {
		if err != nil {
			return err
		}
		if kept++; kept > c.Keep {
			old = append(old, record.StartedAt)
		}
	}
	for _, at := range old {
		if err := history.delete(tx, c.Platform, historyKey(at)); err != nil {
			return err
		}
	}
	return nil
}

// History returns a platform's applies, the latest first, at most limit of
// them; 0 is all.
func (s *Store) History(platform string, limit int) ([]ApplyRecord, error) {
	return list(s, history, limit, true, platform)
}
