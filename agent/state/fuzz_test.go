package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is on disk or in a log, decoding it gives a value or an error.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x01{\"platform\":\"a\",\"job\":\"app-1\",\"at\":\"2026-11-21T02:03:04Z\"}"))
	f.Add([]byte("\x01{\"volume\":{\"id\":\"vol-1\"}}"))
	f.Add([]byte("\x02{}"))
	f.Add([]byte("\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		ok := func(_ any, err error) {
			if len(raw) == 0 || raw[0] != 1 {
				require.Error(t, err)
			}
		}
		ok(platforms.decode(raw))
		ok(applied.decode(raw))
		ok(specs.decode(raw))
		ok(volumes.decode(raw))
		ok(history.decode(raw))
	})
}

// What is read as a command is written as one that reads the same.
func FuzzUnmarshalCommand(f *testing.F) {
	for _, c := range []Command{
		PutApplied{appliedJob("a", 1)}, MoveApplied{"a", "app-1", 1}, DeleteApplied{"a", "app-1"}, PutPlatform{PlatformRecord{Identity: "a"}},
		DeletePlatform{"a"}, PutVolume{"a", VolumeRecord{}}, DeleteVolume{"a", "vol-1"}, RecordApply{"a", ApplyRecord{StartedAt: epoch}}, TrimHistory{"a", 1},
	} {
		text, err := MarshalCommand(c)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"type":"put_applied","command":{"newer":1}}`))
	f.Add([]byte(`{"type":"newer","command":{}}`))
	f.Add([]byte(`{"type":"put_applied"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := UnmarshalCommand(data)
		if err != nil {
			return
		}
		first, err := MarshalCommand(c)
		require.NoError(t, err)
		again, err := UnmarshalCommand(first)
		require.NoError(t, err)
		second, err := MarshalCommand(again)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}
