package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// bucket is a typed part of the keys: everything below "<name>/".
type bucket[T any] struct {
	name    string
	version byte
	// upgrade turns the JSON of older versions into the next one's:
	// upgrade[0] reads version 1 and gives version 2.
	upgrade []func([]byte) ([]byte, error)
}

// key joins parts that [keyPart] accepted.
func (b bucket[T]) key(parts ...string) []byte {
	return []byte(strings.Join(append([]string{b.name}, parts...), "/"))
}

// get returns the value, and false when there is none. It also makes the
// transaction conflict with another one that writes the key, even when the key
// does not exist yet; a scan would not.
func (b bucket[T]) get(tx *badger.Txn, parts ...string) (T, bool, error) {
	var zero T
	item, err := tx.Get(b.key(parts...))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return zero, false, nil
	}
	if err != nil {
		return zero, false, fmt.Errorf("read %s: %w", b.key(parts...), err)
	}
	v, err := b.item(item)
	return v, err == nil, err
}

func (b bucket[T]) put(tx *badger.Txn, v T, parts ...string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return services.Errorf(services.CodeInvalid, "encode %s: %w", b.key(parts...), err)
	}
	return tx.Set(b.key(parts...), append([]byte{b.version}, text...))
}

func (b bucket[T]) delete(tx *badger.Txn, parts ...string) error {
	return tx.Delete(b.key(parts...))
}

// all yields the values below parts in the order of their keys, or in the
// reverse order. It ends after the first error.
func (b bucket[T]) all(tx *badger.Txn, reverse bool, parts ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		prefix := append(b.key(parts...), '/')
		opts := badger.DefaultIteratorOptions
		opts.Prefix, opts.Reverse = prefix, reverse
		it := tx.NewIterator(opts)
		defer it.Close()
		start := prefix
		if reverse {
			start = append(slices.Clip(prefix), 0xff) // no key part has this byte
		}
		for it.Seek(start); it.ValidForPrefix(prefix); it.Next() {
			v, err := b.item(it.Item())
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

func (b bucket[T]) item(item *badger.Item) (v T, err error) {
	err = item.Value(func(raw []byte) error {
		v, err = b.decode(raw)
		return err
	})
	if err != nil {
		err = fmt.Errorf("read %s: %w", item.Key(), err)
	}
	return v, err
}

// decode reads a version byte and JSON, through the upgrades of older
// versions.
func (b bucket[T]) decode(raw []byte) (T, error) {
	var v T
	if len(raw) == 0 {
		return v, services.Errorf(services.CodeInternal, "the value is empty, want a version byte and JSON")
	}
	version, text := raw[0], raw[1:]
	if version > b.version {
		return v, services.Errorf(services.CodeInvalid, "the value has version %d and this Drover reads up to version %d", version, b.version).
			WithHint("Use a Drover that is at least as new as the one that wrote it")
	}
	if version == 0 || int(b.version-version) > len(b.upgrade) {
		return v, services.Errorf(services.CodeInternal, "the value has version %d, which this Drover cannot read", version)
	}
	for _, up := range b.upgrade[len(b.upgrade)-int(b.version-version):] {
		var err error
		if text, err = up(text); err != nil {
			return v, fmt.Errorf("upgrade value of version %d: %w", version, err)
		}
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("decode value: %w", err)
	}
	return v, nil
}
