package hcl

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// userBlock describes a person: user "NAME" { ... }.
type userBlock struct {
	Name string          `hcl:"name,label"`
	ID   *hcl.Attribute  `hcl:"id,optional"`
	Apps []*userAppBlock `hcl:"app,block"`

	NameRange hcl.Range `hcl:"name,label_range"`
	DefRange  hcl.Range `hcl:",def_range"`
}

// userAppBlock gives a user an App of a profile, with sizes of its own:
// user "NAME" { app "PROFILE" { ... } }.
type userAppBlock struct {
	Profile string         `hcl:"profile,label"`
	Dataset *hcl.Attribute `hcl:"dataset,optional"`
	Cores   *hcl.Attribute `hcl:"cores,optional"`
	CPU     *hcl.Attribute `hcl:"cpu,optional"`
	Memory  *hcl.Attribute `hcl:"memory,optional"`

	ProfileRange hcl.Range `hcl:"profile,label_range"`
	DefRange     hcl.Range `hcl:",def_range"`
}

// ownedApp is an App and what Apps are sorted by.
type ownedApp struct {
	user, profile string // identities
	app           services.App
}

func (c *converter) users(blocks []*userBlock) {
	p := &c.file.Platform
	var apps []ownedApp
	count := map[string]int{}
	seen := c.labels("user")
	for _, b := range blocks {
		if !seen.first(b.Name, b.DefRange) {
			continue
		}
		identity := c.identify("user", b.Name, b.NameRange, b.ID)
		user := services.User{ID: services.Derive(services.KindUser, c.identity, identity), Name: b.Name, Identity: identity}
		unique := c.claim(user.ID, "The user "+quote(b.Name), b.NameRange)
		p.Users = append(p.Users, user)

		own := map[string]hcl.Range{}
		for _, ab := range b.Apps {
			if other, found := own[ab.Profile]; found {
				c.errorAt(ab.DefRange, "Duplicate app", "The user %s already has an App of the profile %s at %s. A user has at most one App of each profile.", quote(b.Name), quote(ab.Profile), other)
				continue
			}
			own[ab.Profile] = ab.DefRange
			profile, known := c.profiles[ab.Profile]
			if !known {
				names := slices.Collect(maps.Keys(c.profiles))
				c.absentAt(ab.ProfileRange, "Unknown app", "There is no app %s.%s %s", quote(ab.Profile), didYouMean(ab.Profile, names), declared("app", names))
				continue
			}
			app := c.userApp(user, ab, profile)
			if unique && !profile.clashes {
				c.claim(app.ID, "The app "+quote(ab.Profile)+" of the user "+quote(b.Name), ab.DefRange)
			}
			count[ab.Profile]++
			apps = append(apps, ownedApp{identity, profile.identity, app})
		}
	}
	slices.SortFunc(apps, func(a, b ownedApp) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.profile, b.profile))
	})
	for _, a := range apps {
		p.Apps = append(p.Apps, a.app)
	}
	for name := range c.profiles {
		p.Profiles = append(p.Profiles, services.AppProfile{Name: name, Apps: count[name]})
	}
}

// userApp makes a user's App from a profile and the user's own sizes.
func (c *converter) userApp(user services.User, b *userAppBlock, p *profile) services.App {
	what := "The app " + quote(b.Profile) + " of the user " + quote(user.Name)
	a := p.app
	a.ID = services.Derive(services.KindApp, c.identity, user.Identity, p.identity)
	a.Owner, a.User = user.ID, user.Name
	a.Workload = cloneWorkload(a.Workload)
	if a.Volume != nil {
		v := *a.Volume
		v.ID, v.Owner, v.Parameters = a.ID.VolumeID(), a.ID, maps.Clone(v.Parameters)
		a.Volume = &v
	}

	d := p.demand
	d.what, d.at = what, b.DefRange
	c.processor(resourceArgs{cores: b.Cores, cpu: b.CPU}, what, b.DefRange, true, &d)
	s, given := c.sizing(b.Dataset, b.Memory, p.sizing)
	if given.dataset > 0 && given.memory == 0 && s.memory < memoryFor(s.dataset) {
		// The profile's memory is for the profile's dataset; a larger one
		// brings its own.
		s.memory, s.memoryAt = 0, hcl.Range{}
	}
	if given != (sizing{}) {
		c.fit(what, s, &d)
	}
	a.Workload.Resources = d.needs
	a.DatasetMB = int((s.dataset + 1e6 - 1) / 1e6)
	if given != (sizing{}) || b.Cores != nil || b.CPU != nil {
		c.file.demands = append(c.file.demands, d)
	}
	return a
}

// cloneWorkload copies what Apps of one profile must not share.
func cloneWorkload(w services.Workload) services.Workload {
	w.Args = slices.Clone(w.Args)
	w.Env = maps.Clone(w.Env)
	w.Secrets = slices.Clone(w.Secrets)
	w.Constraints = slices.Clone(w.Constraints)
	if w.S3 != nil {
		s3 := *w.S3
		w.S3 = &s3
	}
	return w
}
