package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// saved returns a saved plan of the example.
func saved(t *testing.T) savedPlan {
	t.Helper()
	file, diags := hcl.Load("../examples/platform.hcl", hcl.Options{})
	require.False(t, diags.HasErrors())
	d := desire(&file.Platform)
	return savedPlan{Created: time.Unix(0, 0).UTC(), Source: "/x.hcl", Region: "eu", Desired: d, Plan: scheduler.Compute(d, scheduler.Observed{})}
}

func TestReadSaved_WhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	want := saved(t)
	require.NoError(t, want.write(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	got, ok, err := readSaved(path)
	require.NoError(t, err)
	require.True(t, ok)
	require.Empty(t, scheduler.Moved(want.Plan, got.Plan))
	before, err := json.Marshal(want)
	require.NoError(t, err)
	after, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestReadSaved_TellsPlansFromPlatforms(t *testing.T) {
	_, ok, err := readSaved("../examples/platform.hcl")
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = readSaved("../examples")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestReadSaved_Refuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"other JSON":      {func(m map[string]any) { clear(m) }, "is neither a platform file nor a saved plan"},
		"newer":           {func(m map[string]any) { m["drover_plan"] = 99 }, "is a saved plan of format 99; this Drover knows format 1"},
		"changed by hand": {func(m map[string]any) { m["body"].(map[string]any)["source"] = "/elsewhere.hcl" }, "was changed after it was saved"},
		"no body":         {func(m map[string]any) { delete(m, "body") }, "was changed after it was saved"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "plan.json")
			require.NoError(t, saved(t).write(path))
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var m map[string]any
			require.NoError(t, json.Unmarshal(text, &m))
			c.change(m)
			text, err = json.Marshal(m)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, text, 0o600))
			_, ok, err := readSaved(path)
			require.True(t, ok)
			require.Equal(t, services.CodeInvalid, services.ErrorCode(err))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzReadSaved(f *testing.F) {
	f.Add([]byte(`{"drover_plan":1,"sha256":"","body":{}}`))
	f.Add([]byte(`{"drover_plan":1,"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","body":{}}`))
	f.Add([]byte(" {"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "plan")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		plan, ok, err := readSaved(path)
		if ok && err == nil {
			_ = plan.Plan.String()
		}
	})
}
