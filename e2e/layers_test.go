package e2e

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/drover-platform/drover"

// Modules of others that rows of the table name.
const (
	badger      = "github.com/dgraph-io/badger/v4"
	consulAPI   = "github.com/hashicorp/consul/api"
	cty         = "github.com/zclconf/go-cty"
	hclog       = "github.com/hashicorp/go-hclog"
	hclV2       = "github.com/hashicorp/hcl/v2"
	levenshtein = "github.com/agext/levenshtein"
	jose        = "github.com/go-jose/go-jose/v4"
	nomadAPI    = "github.com/hashicorp/nomad/api"
	sqlite      = "modernc.org/sqlite"
	urfave      = "github.com/urfave/cli/v2"
	vaultAPI    = "github.com/hashicorp/vault/api"
	xcrypto     = "golang.org/x/crypto"
	xsync       = "golang.org/x/sync"
	xsys        = "golang.org/x/sys"
	xterm       = "golang.org/x/term"
)

// testKit is what every test may import besides what its package may.
var testKit = []string{
	"github.com/hashicorp/hcl", // both versions, to read what was written
	"github.com/rogpeppe/go-internal",
	"github.com/stretchr/testify/require",
	cty,
	"golang.org/x/text",
	"golang.org/x/tools/txtar",
	"pgregory.net/rapid",
}

// impure is what pure packages may not import of the standard library, but
// for hcl, which may read the files that it is given.
var impure = []string{"crypto/rand", "math/rand", "math/rand/v2", "net/http", "os", "os/exec", "os/user", "runtime", "syscall"}

// row says what one package may import: packages of this module and modules
// of others. The standard library is free, but for what is impure.
type row struct {
	pkg    string
	own    []string
	others []string
	pure   bool
}

// layers is the table of the design, from the bottom up. Imports point down
// only: a row names none but rows above it.
var layers = []row{
	{pkg: "services", pure: true},

	{pkg: "hcl", own: []string{"services"}, others: []string{hclV2, cty}, pure: true},
	{pkg: "jobspecs", own: []string{"services"}, others: []string{nomadAPI}, pure: true},
	{pkg: "scheduler", own: []string{"services", "jobspecs"}, others: []string{nomadAPI}, pure: true},

	{pkg: "agent/loop"},
	{pkg: "agent/config", own: []string{"services"}, others: []string{hclV2, cty, levenshtein}},
	{pkg: "agent/state", own: []string{"services"}, others: []string{badger, hclog}},
	{pkg: "agent/nomad", own: []string{"services", "jobspecs", "scheduler"}, others: []string{nomadAPI, hclog, xsync}},
	{pkg: "agent/consul", own: []string{"services"}, others: []string{consulAPI, hclog, xsync}},
	{pkg: "agent/vault", own: []string{"services"}, others: []string{vaultAPI, hclog, xsync}},
	{
		pkg:    "agent/bootstrap",
		own:    []string{"services", "agent/nomad", "agent/consul", "agent/vault"},
		others: []string{hclV2, cty, hclog, xsync},
	},
	{
		pkg:    "agent/engine",
		own:    []string{"services", "jobspecs", "scheduler", "agent/state", "agent/nomad", "agent/consul", "agent/vault"},
		others: []string{hclog, xsync},
	},

	{pkg: "services/serve", own: []string{"services"}, others: []string{hclog}},
	{pkg: "services/hub", own: []string{"services", "services/serve"}, others: []string{hclog, jose, sqlite, xcrypto}},
	{pkg: "services/app", own: []string{"services", "services/serve"}, others: []string{hclog}},

	// Below cli, which runs it for "drover dev".
	{
		pkg:    "e2e/devstack",
		own:    []string{"services", "agent/nomad", "agent/consul", "agent/vault", "agent/bootstrap"},
		others: []string{hclV2, cty, hclog, xsys},
	},

	{
		pkg: "cli",
		own: []string{
			"services", "hcl", "jobspecs", "scheduler", "agent/state", "agent/nomad", "agent/consul", "agent/vault",
			"agent/bootstrap", "agent/engine", "services/hub", "services/app", "e2e/devstack",
		},
		others: []string{hclog, hclV2, levenshtein, urfave, xterm},
	},
	{pkg: "cli/drover", own: []string{"cli", "e2e/devstack"}, others: []string{xterm}},

	// Its tests look at the servers with their own clients.
	{
		pkg:    "e2e",
		own:    []string{"services", "hcl", "jobspecs", "scheduler", "e2e/devstack"},
		others: []string{nomadAPI, consulAPI, vaultAPI, hclog},
	},
}

func TestLayers_TableIsTheTree(t *testing.T) {
	listed := map[string]bool{}
	for _, l := range layers {
		require.Falsef(t, listed[l.pkg], "%s has two rows", l.pkg)
		for _, own := range l.own {
			require.Truef(t, listed[own], "%s may import %s, which is not below it", l.pkg, own)
		}
		if l.pure {
			for _, below := range l.own {
				require.Truef(t, rowOf(below).pure, "%s is pure and may import %s, which is not", l.pkg, below)
			}
		}
		listed[l.pkg] = true
	}
	found := map[string]bool{}
	for _, p := range packages(t) {
		found[p.name()] = true
		require.Truef(t, listed[p.name()], "package %s has no row in layers: say which layer it is in", p.name())
	}
	for name := range listed {
		require.Truef(t, found[name], "layers has a row for %s, which does not exist (any more)", name)
	}
}

func TestLayers_ImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		r := rowOf(p.name())
		if r.pkg == "" {
			continue // TestLayers_TableIsTheTree says so
		}
		t.Run(p.name(), func(t *testing.T) {
			for _, path := range p.Imports {
				require.Emptyf(t, r.objection(path), "import of %s", path)
			}
			for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
				require.Emptyf(t, r.testObjection(path), "import of %s in a test", path)
			}
		})
	}
}

// rowOf returns the row of a package, the zero row when there is none.
func rowOf(pkg string) row {
	i := slices.IndexFunc(layers, func(r row) bool { return r.pkg == pkg })
	if i < 0 {
		return row{}
	}
	return layers[i]
}

// objection says why the package may not import path, "" when it may.
func (r row) objection(path string) string {
	own, isOwn := strings.CutPrefix(path, module+"/")
	switch {
	case isOwn && !slices.Contains(r.own, own):
		return "layers lets it import " + strings.Join(r.own, ", ") + " of this module"
	case isOwn:
		return ""
	case isStandard(path):
		if r.pure && slices.Contains(impure, path) && (r.pkg != "hcl" || path != "os") {
			return "the package is pure"
		}
		return ""
	case !slices.ContainsFunc(r.others, within(path)):
		return "layers lets it import " + strings.Join(r.others, ", ") + " of others"
	}
	return ""
}

// testObjection is objection for a test file. Tests may use every package of
// this module (Go itself refuses cycles), and the modules that their package
// uses.
func (r row) testObjection(path string) string {
	if strings.HasPrefix(path, module+"/") || isStandard(path) || slices.ContainsFunc(slices.Concat(r.others, testKit), within(path)) {
		return ""
	}
	return "layers lets it import " + strings.Join(r.others, ", ") + " of others"
}

// isStandard reports whether path is the standard library's: the first part
// of every other path is a host name.
func isStandard(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".")
}

func within(path string) func(string) bool {
	return func(root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
}

// The servers' own code is BUSL-1.1; only their api modules are MPL-2.0.
func TestLayers_NoServerCode(t *testing.T) {
	allowed := []string{nomadAPI, consulAPI, vaultAPI}
	out := golist(t, "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
	modules := strings.Fields(string(out))
	require.Contains(t, modules, nomadAPI)
	for _, m := range modules {
		for _, server := range []string{"nomad", "consul", "vault"} {
			if within(m)("github.com/hashicorp/" + server) {
				require.Contains(t, allowed, m, "its licence is not ours to link")
			}
		}
	}
}

// pkg is what "go list" tells of a package.
type pkg struct {
	ImportPath, Dir                    string
	Imports, TestImports, XTestImports []string
}

// name is the import path without the module's.
func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// packages lists every package of the module, end-to-end tests included.
func packages(t *testing.T) []pkg {
	t.Helper()
	var all []pkg
	for in := json.NewDecoder(strings.NewReader(string(golist(t, "-json=ImportPath,Dir,Imports,TestImports,XTestImports", "./...")))); ; {
		var p pkg
		err := in.Decode(&p)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// golist runs "go list" in the root of the module.
func golist(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-tags", "e2e"}, args...)...)
	cmd.Dir = root(t)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoErrorf(t, err, "go list: %s", stderr.String())
	return out
}

// root is the folder of the module: the one above this package.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	require.NoError(t, err)
	return dir
}
