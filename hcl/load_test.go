package hcl_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	hclsdk "github.com/hashicorp/hcl/v2"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/services"
)

const examplePath = "../examples/platform.hcl"

func TestLoad_Example(t *testing.T) {
	f, diags := hcl.Load(examplePath, hcl.Options{})
	require.Empty(t, diags)
	p := f.Platform
	require.NotNil(t, p.Hub)
	require.Equal(t, services.DriverExec, p.Hub.Workload.Driver)
	require.Len(t, p.Apps, 3)
	// It must run beside Nomad, Consul and Vault on two cores: three Apps and
	// the Hub share what four hundred MHz are.
	require.Zero(t, p.Hub.Workload.Resources.Cores)
	memory := p.Hub.Workload.Resources.MemoryMiB
	for _, a := range p.Apps {
		require.Zero(t, a.Workload.Resources.Cores)
		require.Equal(t, p.Hub.ID, a.Hub)
		memory += a.Workload.Resources.MemoryMiB
	}
	require.Less(t, memory, 1024)
}

// TestLoad_ExampleEnabled removes the comment marks as the example tells its
// reader to do: what it promises must load.
func TestLoad_ExampleEnabled(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	require.NoError(t, err)
	enabled, inside := []string{}, false
	for line := range strings.Lines(string(text)) {
		bare := strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ")
		inside = inside || strings.HasPrefix(line, "# linkage ") || strings.HasPrefix(line, "# runner ")
		if inside {
			inside = !strings.HasPrefix(bare, "}")
			line = bare
		}
		enabled = append(enabled, line)
	}
	src := []byte(strings.Join(enabled, ""))
	f, diags := hcl.Parse("in.hcl", src, hcl.Options{})
	require.Empty(t, diags)
	require.Len(t, f.Platform.Linkages, 1)
	require.Len(t, f.Platform.Linkages[0].Workers, 2)
	require.Len(t, f.Platform.Runners, 1)
	formatted, diags := hcl.Format("in.hcl", src)
	require.Empty(t, diags)
	require.Equal(t, string(src), string(formatted))
}

func TestLoad_Unreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing.hcl")
	f, diags := hcl.Load(path, hcl.Options{})
	require.NotNil(t, f)
	require.True(t, diags.HasErrors())
	var text bytes.Buffer
	require.NoError(t, f.WriteDiagnostics(&text, diags, 0, false))
	require.Equal(t, fmt.Sprintf("Error: Unreadable platform file\n\nThe platform file or folder %q cannot be read: no such file or directory.\n\n", path), text.String())
}

func TestLoad_TooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.hcl")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("# x\n"), 1<<20+1), 0o600))
	_, diags := hcl.Load(path, hcl.Options{})
	require.ErrorContains(t, diags, "it is larger than 4096 KiB")
}

func TestLoad_FileFunction(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "region.txt"), []byte("europe"), 0o600))
	path := filepath.Join(dir, "platform.hcl")
	require.NoError(t, os.WriteFile(path, []byte("platform \"acme\" {\n  region = file(\"region.txt\")\n}\n"), 0o600))
	for _, from := range []string{path, dir} {
		f, diags := hcl.Load(from, hcl.Options{})
		require.Empty(t, diags)
		require.Equal(t, "europe", f.Platform.Region)
	}
	// Parse reads nothing that it was not given.
	_, diags := hcl.Parse(path, []byte("platform \"acme\" {\n  region = file(\"region.txt\")\n}\n"), hcl.Options{})
	require.ErrorContains(t, diags, "files cannot be read here")
}

func TestFile_Variables(t *testing.T) {
	f, diags := hcl.Parse("in.hcl", []byte(`
variable "tag" {
  default     = "1.0"
  description = "The version."
}
variable "region" {}
platform "acme" {
  region = var.region
}`), hcl.Options{Vars: map[string]string{"region": "eu"}})
	require.Empty(t, diags)
	require.Equal(t, []hcl.Variable{{Name: "region", Required: true}, {Name: "tag", Description: "The version."}}, f.Variables())
	require.Equal(t, "eu", f.Platform.Region)
}

// TestParse_ManyProblems cuts off what nobody reads, and never the fact that
// there are errors.
func TestParse_ManyProblems(t *testing.T) {
	var src strings.Builder
	src.WriteString("platform \"acme\" {}\n")
	for i := range 150 {
		fmt.Fprintf(&src, "app \"a%d\" {\n  driver = \"mock_driver\"\n  cpu = 1\n  memory = \"10MiB\"\n}\n", i) // a warning: no volume
	}
	_, diags := hcl.Parse("in.hcl", []byte(src.String()), hcl.Options{})
	require.Len(t, diags, 101)
	require.False(t, diags.HasErrors())
	require.Equal(t, "There are 50 more problems, which are shown when some of these are solved.", diags[100].Detail)

	src.WriteString("user \"Alice\" {}\n")
	_, diags = hcl.Parse("in.hcl", []byte(src.String()), hcl.Options{})
	require.Len(t, diags, 2)
	require.True(t, diags.HasErrors())
	require.Equal(t, "Invalid name", diags[0].Summary)
	require.Equal(t, "There are 150 more problems, which are shown when some of these are solved.", diags[1].Detail)
}

// TestParse_Hostile feeds what would overflow the stack or take forever.
func TestParse_Hostile(t *testing.T) {
	const n = 50_000
	for name, src := range map[string]string{
		"brackets":     "locals {\n x = " + strings.Repeat("[", n),
		"parentheses":  "locals {\n x = " + strings.Repeat("(", n),
		"braces":       strings.Repeat("a {\n", n),
		"not":          "locals {\n x = " + strings.Repeat("!", n) + "true\n}",
		"minus":        "locals {\n x = " + strings.Repeat("-", n) + "1\n}",
		"sum":          "locals {\n x = 1" + strings.Repeat("+1", n) + "\n}",
		"sum in lines": "locals {\n x = (1" + strings.Repeat("\n+1", n) + ")\n}",
		"conditions":   "locals {\n x = " + strings.Repeat("true ? 1 : ", n) + "1\n}",
		"indexes":      "locals {\n x = local.y" + strings.Repeat("[0]", n) + "\n}",
		"templates":    "locals {\n x = \"" + strings.Repeat("${\"", n),
		"directives":   "locals {\n x = \"" + strings.Repeat("%{if true}", n) + "\"\n}",
		"calls":        "locals {\n x = env(1)" + strings.Repeat("+env(1,2)", n) + "\n}",
		"fraction":     "locals {\n x = \"${1e-99999999}\"\n}",
		"one line":     "locals {\n x = [" + strings.Repeat("1, ", n) + "]\n}",
		"exponent":     "locals {\n x = 1e999999999\n}",
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := hcl.Parse("in.hcl", []byte(src), hcl.Options{})
			want := "Nesting too deep"
			if name == "one line" {
				want = "Line too long"
			}
			if name == "exponent" || name == "fraction" {
				want = "Number out of range"
			}
			require.True(t, slices.ContainsFunc(diags, func(d *hclsdk.Diagnostic) bool { return d.Summary == want }), "%v", diags)
		})
	}
}

// BenchmarkParse loads a platform of 10,000 users with an App each.
func BenchmarkParse(b *testing.B) {
	var src strings.Builder
	src.WriteString(identityFile)
	for i := range 10_000 {
		fmt.Fprintf(&src, "user \"u%d\" {\n  app \"labeller\" {\n    dataset = \"%dMB\"\n  }\n}\n", i, i%1000+1)
	}
	b.SetBytes(int64(src.Len()))
	for b.Loop() {
		f, diags := hcl.Parse("in.hcl", []byte(src.String()), hcl.Options{})
		require.Empty(b, diags)
		require.Len(b, f.Platform.Apps, 10_001)
	}
}
