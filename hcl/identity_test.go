package hcl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/hcl"
	"github.com/drover-platform/drover/services"
)

const identityFile = `
platform "acme" {}

volume_class "local" {
  plugin = "mkdir"
}

hub "main" {
  builtin = true
  cpu     = 100
  memory  = "128MiB"
  volume {
    class = "local"
    size  = "1GiB"
    mount = "/data"
  }
  secret "SHARED_SECRET" {
    generate = "hex:36"
  }
}

app "labeller" {
  builtin = true
  cpu     = 100
  dataset = "50MB"
  volume {
    class = "local"
    size  = "1GiB"
    mount = "/data"
  }
}

user "alice" {
  app "labeller" {}
}
`

func mustParse(t *testing.T, src string) services.Platform {
	t.Helper()
	f, diags := hcl.Parse("in.hcl", []byte(src), hcl.Options{})
	require.Empty(t, diags)
	return f.Platform
}

// TestParse_RenameKeepsIDs renames everything that has a label and keeps each
// old label as the id: jobs and volumes must stay the same ones.
func TestParse_RenameKeepsIDs(t *testing.T) {
	before := mustParse(t, identityFile)
	after := mustParse(t, `
platform "umbrella" {
  id = "acme"
}

volume_class "disk" {
  plugin = "mkdir"
}

hub "central" {
  id      = "main"
  builtin = true
  cpu     = 100
  memory  = "128MiB"
  volume {
    class = "disk"
    size  = "1GiB"
    mount = "/data"
  }
  secret "SHARED_SECRET" {
    generate = "hex:36"
  }
}

app "tagger" {
  id      = "labeller"
  builtin = true
  cpu     = 100
  dataset = "50MB"
  volume {
    class = "disk"
    size  = "1GiB"
    mount = "/data"
  }
}

user "alicia" {
  id = "alice"
  app "tagger" {}
}
`)
	require.Equal(t, "alicia", after.Users[0].Name)
	require.Equal(t, before.Users[0].ID, after.Users[0].ID)
	require.Equal(t, before.Apps[0].ID, after.Apps[0].ID)
	require.Equal(t, before.Apps[0].Owner, after.Apps[0].Owner)
	require.Equal(t, before.Apps[0].Volume.ID, after.Apps[0].Volume.ID)
	require.Equal(t, before.Hub.ID, after.Hub.ID)
	require.Equal(t, before.Hub.Volume.ID, after.Hub.Volume.ID)
	require.Equal(t, services.Derive(services.KindApp, "acme", "alice", "labeller"), after.Apps[0].ID)
	require.Equal(t, services.Derive(services.KindHub, "acme", "main"), after.Hub.ID)
}

// TestParse_NewLabelIsNewIdentity is the other half: without an id a new label
// is somebody else, who must not get the old one's volume.
func TestParse_NewLabelIsNewIdentity(t *testing.T) {
	one := mustParse(t, `platform "acme" {}
user "alice" {}
user "bob" {}`)
	other := mustParse(t, `platform "umbrella" {}
user "alice" {}`)
	require.NotEqual(t, one.Users[0].ID, one.Users[1].ID)
	require.NotEqual(t, one.Users[0].ID, other.Users[0].ID)
}

// TestParse_AppsShareNothing changes one App of a profile and looks at the
// other.
func TestParse_AppsShareNothing(t *testing.T) {
	p := mustParse(t, identityFile+`
user "bob" {
  app "labeller" {}
}`)
	p.Apps[0].Volume.Parameters["uid"] = "0"
	p.Apps[0].Volume.Mount = "/elsewhere"
	require.Equal(t, "65534", p.Apps[1].Volume.Parameters["uid"])
	require.Equal(t, "/data", p.Apps[1].Volume.Mount)
	require.NotEqual(t, p.Apps[0].Volume.ID, p.Apps[1].Volume.ID)
}
