package jobspecs_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rendered is what "drover render" would write for the platform: its jobs, and
// after them, as comments, what Vault would be told.
func rendered(p *services.Platform) []byte {
	var b bytes.Buffer
	for i, job := range jobspecs.Jobs(p) {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.Write(jobspecs.Render(job.Spec))
		if job.Grant != nil {
			b.WriteString("\n# Vault role and policy " + job.Grant.Name + ":\n#\n")
			for line := range bytes.Lines([]byte(job.Grant.Rules)) {
				b.WriteString(strings.TrimRight("# "+string(line), " \n") + "\n")
			}
		}
	}
	return b.Bytes()
}

func TestRender_Golden(t *testing.T) {
	for name, p := range cases() {
		t.Run(name, func(t *testing.T) {
			got := rendered(p)
			path := filepath.Join("testdata", name+".nomad.hcl")
			if *update {
				require.NoError(t, os.WriteFile(path, got, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))

			_, diags := hclsyntax.ParseConfig(got, path, hcl.InitialPos)
			require.False(t, diags.HasErrors(), diags.Error())
			require.Equal(t, string(hclwrite.Format(got)), string(got), "the output is formatted")
		})
	}
}

func TestRender_SameBytesEveryTime(t *testing.T) {
	for name, p := range cases() {
		t.Run(name, func(t *testing.T) {
			want := rendered(p)
			for range 1000 {
				if !bytes.Equal(want, rendered(p)) {
					require.Equal(t, string(want), string(rendered(p)))
				}
			}
		})
	}
}
