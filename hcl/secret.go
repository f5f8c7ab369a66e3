package hcl

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// secretBlock is an environment variable whose value lives in Vault:
// secret "NAME" { ... }.
type secretBlock struct {
	Env      string         `hcl:"name,label"`
	Generate *hcl.Attribute `hcl:"generate,optional"`
	Vault    *hcl.Attribute `hcl:"vault,optional"`
	Key      *hcl.Attribute `hcl:"key,optional"`
	// Value is always an error. It has a field so that the message can say
	// what to do, and so that its line is shown masked.
	Value *hcl.Attribute `hcl:"value,optional"`

	EnvRange hcl.Range `hcl:"name,label_range"`
	DefRange hcl.Range `hcl:",def_range"`
}

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// secret converts a secret block. fresh is false when its name is already
// reported.
func (c *converter) secret(b *secretBlock, fresh bool, t taskBlock) (services.Secret, bool) {
	what := "The secret " + quote(b.Env) + " of " + lowerFirst(t.what)
	s := services.Secret{Env: b.Env}
	good := fresh
	if b.Value != nil {
		c.errorAt(b.Value.NameRange, "Literal secret", "A secret is never written into a file. Put it into Vault and give its path with vault and key, or let Drover make one with generate = \"hex:36\".")
		return s, false
	}
	switch {
	case b.Generate != nil && b.Vault != nil:
		c.errorAt(b.Vault.NameRange, "Conflicting arguments", "%s is either generated or read from Vault. Leave generate or vault out.", what)
		return s, false
	case b.Generate == nil && b.Vault == nil:
		if !c.meantIn(b.DefRange, "generate") && !c.meantIn(b.DefRange, "vault") {
			c.absentAt(b.DefRange, "Missing argument", "%s needs either generate = \"hex:36\", to let Drover make it, or vault and key, to read one that is there.", what)
		}
		return s, false
	case b.Generate != nil:
		text, st := c.text(b.Generate)
		if st != ok {
			return s, false
		}
		generator, err := services.ParseGenerator(text)
		if err != nil {
			c.errorAt(b.Generate.Expr.Range(), "Invalid generator", "%s.", upperFirst(err.Error()))
			return s, false
		}
		if b.Key != nil {
			c.errorAt(b.Key.NameRange, "Conflicting arguments", "A generated secret has no key: Drover chooses where in Vault it is. Leave key out.")
			return s, false
		}
		s.Generate = generator
	default:
		var st state
		if s.VaultPath, st = c.text(b.Vault); st == ok {
			c.checkVaultPath(s.VaultPath, b.Vault)
		}
		good = good && st == ok
		s.VaultKey, st = c.required(b.Key, "key", what, b.DefRange, `key = "password"`)
		if st == ok && !keyPattern.MatchString(s.VaultKey) {
			c.errorAt(b.Key.Expr.Range(), "Invalid key", "%s is not a field of a secret: letters, digits, dots, dashes and underscores.", quote(s.VaultKey))
		}
		good = good && st == ok
	}
	return s, good
}
