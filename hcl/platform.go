package hcl

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// Defaults of the platform block.
const (
	defaultNamespace  = "drover"
	defaultDatacenter = "dc1"
	defaultVaultMount = "secret"
	defaultVaultAuth  = "jwt-nomad"
)

// platformBlock describes where everything runs: platform "NAME" { ... }.
type platformBlock struct {
	Name        string         `hcl:"name,label"`
	ID          *hcl.Attribute `hcl:"id,optional"`
	Datacenters *hcl.Attribute `hcl:"datacenters,optional"`
	Namespace   *hcl.Attribute `hcl:"namespace,optional"`
	Region      *hcl.Attribute `hcl:"region,optional"`
	Vault       []*vaultBlock  `hcl:"vault,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// vaultBlock says where in Vault the platform's secrets are: vault { ... }.
type vaultBlock struct {
	Mount    *hcl.Attribute `hcl:"mount,optional"`
	Auth     *hcl.Attribute `hcl:"auth,optional"`
	DefRange hcl.Range      `hcl:",def_range"`
}

func (b *vaultBlock) place() hcl.Range { return b.DefRange }

var (
	namespacePattern  = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)
	poolPattern       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	datacenterPattern = regexp.MustCompile(`^[A-Za-z0-9_.*-]{1,128}$`)
	vaultMountPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*$`)
)

// platform converts the whole file. The order matters: what refers comes after
// what it refers to.
func (c *converter) platform(raw *fileBlock, nowhere hcl.Range) {
	p := &c.file.Platform
	c.taken = map[services.ID]taken{}
	c.head(raw, nowhere)
	c.volumeClasses(raw.VolumeClasses)
	c.hub(raw.Hubs)
	c.appProfiles(raw.Apps)
	c.users(raw.Users)
	c.linkages(raw.Linkages)
	c.runners(raw.Runners)

	slices.SortFunc(p.VolumeClasses, func(a, b services.VolumeClass) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Profiles, func(a, b services.AppProfile) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Users, func(a, b services.User) int { return cmp.Compare(a.Identity, b.Identity) })
}

// head converts the platform block.
func (c *converter) head(raw *fileBlock, nowhere hcl.Range) {
	p := &c.file.Platform
	p.Namespace, p.Datacenters = defaultNamespace, []string{defaultDatacenter}
	p.Vault = services.VaultSettings{Mount: defaultVaultMount, Auth: defaultVaultAuth}
	if len(raw.Platforms) == 0 {
		c.absentAt(nowhere, "Missing platform block", "Exactly one block platform \"NAME\" { ... } says what this platform is called and where it runs.")
		return
	}
	for _, other := range raw.Platforms[1:] {
		c.errorAt(other.DefRange, "Duplicate platform", "The platform is already declared at %s. One file or folder describes one platform.", raw.Platforms[0].DefRange)
	}
	b := raw.Platforms[0]
	p.Name = b.Name
	p.Identity = c.identify("platform", b.Name, b.NameRange, b.ID)
	c.identity = p.Identity

	if s, st := c.match(b.Namespace, namespacePattern, "letters, digits and dashes, at most 128"); st == ok {
		p.Namespace = s
	}
	if s, st := c.match(b.Region, poolPattern, "letters, digits, dashes and underscores, at most 128"); st == ok {
		p.Region = s
	}
	if list, st := c.list(b.Datacenters); st == ok {
		at := b.Datacenters.Expr.Range()
		if len(list) == 0 {
			c.errorAt(at, "No datacenter", "A platform runs in at least one datacenter. Leave the argument out for [\"dc1\"], or write [\"*\"] for all.")
		}
		for i, dc := range list {
			switch {
			case !datacenterPattern.MatchString(dc):
				c.errorAt(at, "Invalid datacenter", "%s is not the name of a datacenter: letters, digits, dots, dashes and underscores, with * for any of them.", quote(dc))
			case slices.Contains(list[:i], dc):
				c.errorAt(at, "Duplicate datacenter", "The datacenter %s is listed twice.", quote(dc))
			}
		}
		p.Datacenters = list
	}
	if v := single(c, "vault", b.Vault); v != nil {
		if s, st := c.match(v.Mount, vaultMountPattern, "letters, digits, dashes and underscores, without a slash at the ends"); st == ok {
			p.Vault.Mount = s
		}
		if s, st := c.match(v.Auth, vaultMountPattern, "letters, digits, dashes and underscores, without a slash at the ends"); st == ok {
			p.Vault.Auth = s
		}
	}
}

// match reads a string of a certain form.
func (c *converter) match(a *hcl.Attribute, pattern *regexp.Regexp, rule string) (string, state) {
	s, st := c.text(a)
	if st == ok && !pattern.MatchString(s) {
		c.errorAt(a.Expr.Range(), "Invalid "+spaced(a.Name), "%s is not allowed for %s: want %s.", quote(s), a.Name, rule)
		return "", faulty
	}
	return s, st
}
