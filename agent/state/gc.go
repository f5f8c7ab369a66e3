package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// gcEvery is how often Run gives back the space of overwritten large values.
const gcEvery = time.Hour

// Run keeps the store small while a long-lived process holds it, until ctx
// ends. A process that ends soon does not need it.
func (s *Store) Run(ctx context.Context) error {
	ticker := time.NewTicker(gcEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.collect(); err != nil {
				return err
			}
		}
	}
}

// collect rewrites value log files that are at least half garbage.
func (s *Store) collect() error {
	for {
		switch err := s.db.RunValueLogGC(0.5); {
		case err == nil:
		case errors.Is(err, badger.ErrNoRewrite), errors.Is(err, badger.ErrRejected), errors.Is(err, badger.ErrGCInMemoryMode):
			return nil
		default:
			return fmt.Errorf("collect garbage of state: %w", err)
		}
	}
}
