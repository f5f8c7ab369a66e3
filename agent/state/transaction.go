package state

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// Apply makes one change. When it returns nil the change is on disk; when it
// returns an error nothing changed. It returns CodeInvalid for a command that
// is wrong in itself and CodeConflict for one that contradicts the store.
func (s *Store) Apply(c Command) error { return s.ApplyAll([]Command{c}) }

// ApplyAll makes changes in their order, with one write to disk for all that
// fit in a transaction: about 2.4 MiB of records, or 20,000 small ones. Such a
// batch is made as a whole or not at all. A longer list is made in several
// transactions, one after the other; each command is still made as a whole or
// not at all, and after an error a first part of the list, cut between two
// commands, has been made.
func (s *Store) ApplyAll(commands []Command) error {
	for _, c := range commands {
		if err := c.validate(); err != nil {
			return err
		}
	}
	size := len(commands)
	for len(commands) > 0 {
		size = min(size, len(commands))
		err := s.update(func(tx *badger.Txn) error {
			for _, c := range commands[:size] {
				if err := c.apply(tx); err != nil {
					return err
				}
			}
			return nil
		})
		switch {
		case errors.Is(err, badger.ErrTxnTooBig) && size > 1:
			size = (size + 1) / 2
			continue
		case errors.Is(err, badger.ErrTxnTooBig):
			return services.Errorf(services.CodeInvalid, "write state: one change is larger than a transaction may be: %w", err)
		case err != nil:
			return err
		}
		commands = commands[size:]
	}
	return nil
}

// update runs f in a transaction and commits it. f may run more than once.
func (s *Store) update(f func(*badger.Txn) error) error {
	for {
		err := s.db.Update(f)
		if errors.Is(err, badger.ErrConflict) {
			continue // somebody else's commit made progress; ours sees it now
		}
		return wrap("write state", err)
	}
}

func (s *Store) view(f func(*badger.Txn) error) error {
	return wrap("read state", s.db.View(f))
}

// wrap says what was being done, unless the error is one that people are shown
// as it is.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*services.Error](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// list reads up to limit values (0: all) below parts; never nil.
func list[T any](s *Store, b bucket[T], limit int, reverse bool, parts ...string) ([]T, error) {
	out := []T{}
	err := s.view(func(tx *badger.Txn) error {
		out = out[:0]
		for v, err := range b.all(tx, reverse, parts...) {
			if err != nil {
				return err
			}
			out = append(out, v)
			if len(out) == limit {
				break
			}
		}
		return nil
	})
	return out, err
}
