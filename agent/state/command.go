package state

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/drover-platform/drover/services"
)

// Command is one change of the store. The commands are [PutApplied],
// [MoveApplied], [DeleteApplied], [PutPlatform], [DeletePlatform], [PutVolume],
// [DeleteVolume], [RecordApply] and [TrimHistory]. A command is plain data and
// deterministic: it knows no clock and no randomness, and may be tried more
// than once.
type Command interface {
	validate() error
	apply(tx *badger.Txn) error
}

// commands gives the name of each command in the log. The names never change.
func commands() map[string]Command {
	return map[string]Command{
		"put_applied":     PutApplied{},
		"move_applied":    MoveApplied{},
		"delete_applied":  DeleteApplied{},
		"put_platform":    PutPlatform{},
		"delete_platform": DeletePlatform{},
		"put_volume":      PutVolume{},
		"delete_volume":   DeleteVolume{},
		"record_apply":    RecordApply{},
		"trim_history":    TrimHistory{},
	}
}

// envelope is a command as it is written to a log.
type envelope struct {
	Type    string          `json:"type"`
	Command json.RawMessage `json:"command"`
}

// MarshalCommand returns c as JSON that [UnmarshalCommand] reads.
func MarshalCommand(c Command) ([]byte, error) {
	for name, kind := range commands() {
		if reflect.TypeOf(kind) != reflect.TypeOf(c) {
			continue
		}
		text, err := json.Marshal(c)
		if err != nil {
			return nil, services.Errorf(services.CodeInvalid, "encode command %s: %w", name, err)
		}
		return json.Marshal(envelope{Type: name, Command: text})
	}
	return nil, services.Errorf(services.CodeInternal, "encode command: %T is not one", c)
}

// UnmarshalCommand reads what [MarshalCommand] wrote. An unknown type or field
// is an error: a log that a newer Drover wrote must not be half understood.
func UnmarshalCommand(data []byte) (Command, error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, services.Errorf(services.CodeInvalid, "decode command: %w", err)
	}
	kind, ok := commands()[e.Type]
	if !ok {
		return nil, services.Errorf(services.CodeInvalid, "decode command: type %q is not known to this Drover", e.Type)
	}
	v := reflect.New(reflect.TypeOf(kind))
	dec := json.NewDecoder(bytes.NewReader(e.Command))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v.Interface()); err != nil {
		return nil, services.Errorf(services.CodeInvalid, "decode command %s: %w", e.Type, err)
	}
	c := v.Elem().Interface().(Command)
	if err := c.validate(); err != nil {
		return nil, err
	}
	return c, nil
}

func firstError(errs ...error) error {
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}
