package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const examples = "../examples"

// The examples are what people start from: they are valid and formatted, and
// their jobs come out the same every time.
func TestExamples(t *testing.T) {
	status, stdout, stderr := runWith(t, "validate", examples+"/platform.hcl")
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, `is valid: platform "acme" with a Hub, 3 Apps, 3 users`)
	require.Empty(t, stderr, "no warnings")

	status, stdout, _ = runWith(t, "fmt", "-check", examples)
	require.Zero(t, status, stdout)
}

func TestExamples_RenderTheSameBytes(t *testing.T) {
	t.Parallel()
	runs := 1000
	if testing.Short() {
		runs = 50
	}
	_, first, _ := runWith(t, "render", examples+"/platform.hcl")
	require.NotEmpty(t, first)
	for range runs {
		_, again, _ := runWith(t, "render", examples+"/platform.hcl")
		require.Equal(t, first, again)
	}
}
