package nomad

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{"1.11.3": {1, 11, 3}, "v2.0.5": {2, 0, 5}, "1.10.0-beta.1+ent": {1, 10, 0}} {
		v, err := ParseVersion(text)
		require.NoError(t, err)
		require.Equal(t, want, v)
	}
	for _, text := range []string{"", "1", "1.2", "nomad", "x.y.z"} {
		_, err := ParseVersion(text)
		require.Equal(t, services.CodeInvalid, services.ErrorCode(err), text)
	}
}

func TestVersion_WhatItHas(t *testing.T) {
	for text, want := range map[string]struct{ racy, limit bool }{
		"1.10.0": {true, false}, "1.11.4": {true, false}, "1.11.5": {false, false}, "1.12.0": {false, false},
		"2.0.0": {true, false}, "2.0.1": {false, false}, "2.0.2": {false, false}, "2.0.3": {false, true}, "2.1.0": {false, true},
	} {
		v, err := ParseVersion(text)
		require.NoError(t, err)
		require.Equal(t, want.racy, v.RacyRegister(), text)
		require.Equal(t, want.limit, v.EnforcesMaxRunDuration(), text)
	}
	require.True(t, Version{1, 9, 7}.Before(oldest))
}
