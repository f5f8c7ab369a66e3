package hcl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-platform/drover/services"
)

// envBlock holds a task's environment: env { NAME = "value" }.
type envBlock struct {
	Values   hcl.Attributes `hcl:",remain"`
	DefRange hcl.Range      `hcl:",def_range"`
}

func (b *envBlock) place() hcl.Range { return b.DefRange }

// s3Block gives access to a bucket: s3 { ... }.
type s3Block struct {
	Vault    *hcl.Attribute `hcl:"vault,optional"`
	Bucket   *hcl.Attribute `hcl:"bucket,optional"`
	Region   *hcl.Attribute `hcl:"region,optional"`
	DefRange hcl.Range      `hcl:",def_range"`
}

func (b *s3Block) place() hcl.Range { return b.DefRange }

var (
	envPattern    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionPattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	// userInfo finds a password in a URL.
	userInfo   = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/?#@:\s]*:[^/?#@\s]+@`)
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	// nomadReference is what Nomad fills in when the task starts, secrets that
	// it read from Vault included.
	nomadReference = regexp.MustCompile(`\$\{[^}]*\}`)
	argPattern     = regexp.MustCompile(`^-{0,2}[A-Za-z][A-Za-z0-9_.-]*$`)
)

// s3Names are what an s3 block puts into the environment.
var s3Names = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_CUSTOMER_BUCKET"}

// environment converts env, secret and s3 blocks, which share one set of names.
func (c *converter) environment(t taskBlock, w *services.Workload) {
	seen := map[string]hcl.Range{}
	claim := func(name string, at hcl.Range) bool {
		if other, found := seen[name]; found {
			c.errorAt(at, "Duplicate environment variable", "The environment variable %s is already given at %s.", name, other)
			return false
		}
		seen[name] = at
		return c.checkEnvName(name, at, t)
	}

	if b := single(c, "s3", t.s3); b != nil {
		w.S3 = c.bucket(b, t)
		for _, name := range s3Names {
			seen[name] = b.DefRange
		}
	}
	if b := single(c, "env", t.env); b != nil {
		for _, a := range inOrder(b.Values) {
			fresh := claim(a.Name, a.NameRange)
			v, st := c.value(a)
			if st != ok {
				continue
			}
			value, st := c.looseText("The environment variable "+a.Name, v, a.Expr.Range())
			if st != ok || !fresh || !c.checkNotSecret(a, value) {
				continue
			}
			if w.Env == nil {
				w.Env = map[string]string{}
			}
			w.Env[a.Name] = value
		}
	}
	for _, b := range t.secrets {
		if s, good := c.secret(b, claim(b.Env, b.EnvRange), t); good {
			w.Secrets = append(w.Secrets, s)
		}
	}
	slices.SortFunc(w.Secrets, func(a, b services.Secret) int { return strings.Compare(a.Env, b.Env) })
}

func (c *converter) checkEnvName(name string, at hcl.Range, t taskBlock) bool {
	switch {
	case !envPattern.MatchString(name):
		c.errorAt(at, "Invalid environment variable", "%s is not a name for an environment variable: letters, digits and underscores, not starting with a digit, at most 128.", quote(name))
	case strings.HasPrefix(name, "NOMAD_"):
		c.errorAt(at, "Reserved environment variable", "Nomad sets the variables that start with NOMAD_. Choose another name for %s.", name)
	case name == "VAULT_TOKEN":
		c.errorAt(at, "Reserved environment variable", "A task does not get a Vault token. Name each secret that it needs in a secret block.")
	case slices.Contains(t.reserved, name):
		c.errorAt(at, "Reserved environment variable", "Drover sets %s itself. Leave it out.", name)
	default:
		return true
	}
	return false
}

// checkNotSecret reports values that look like secrets. They would be readable
// to everybody who may see the job.
func (c *converter) checkNotSecret(a *hcl.Attribute, value string) bool {
	switch {
	case value == "":
		return true
	case secretName(a.Name):
		c.errorAt(a.NameRange, "Literal secret", "%s looks like a secret, and the environment of a job is readable to everybody who sees the job. Write secret %q { generate = \"hex:36\" } to let Drover make one in Vault, or a secret block with vault and key to read one that is there.", a.Name, a.Name)
	case userInfo.MatchString(value):
		c.errorAt(a.NameRange, "Literal secret", "The value of %s is a URL with a password in it. Keep the whole URL in Vault and name it in a secret block.", a.Name)
	case privateKey.MatchString(value):
		c.errorAt(a.NameRange, "Literal secret", "The value of %s is a private key. Keep it in Vault and name it in a secret block.", a.Name)
	default:
		return true
	}
	return false
}

// checkArgs reports arguments that look like secrets. A job's command line is
// as readable as its environment.
func (c *converter) checkArgs(a *hcl.Attribute, args []string) {
	for i, arg := range args {
		problem := ""
		fixed := nomadReference.ReplaceAllString(arg, "")
		switch named, value := secretArg(fixed); {
		case userInfo.MatchString(fixed):
			problem = "is a URL with a password in it"
		case privateKey.MatchString(fixed):
			problem = "is a private key"
		case named && value, i > 0 && follows(args[i-1], fixed):
			problem = "looks like a secret"
		default:
			continue
		}
		c.errorAt(a.Expr.Range(), "Literal secret", "Element %d of %s %s, and the command line of a job is readable to everybody who sees the job. Give the task a secret block, and let the command read the environment variable.", i, a.Name, problem)
	}
}

// follows reports whether an argument is the value of the one before, which
// names a secret: "--password", "x".
func follows(before, arg string) bool {
	named, value := secretArg(before)
	return named && !value && arg != "" && !strings.HasPrefix(arg, "-")
}

// secretArg reports whether an argument names a secret, as "--db-password=x",
// "DB_PASSWORD=x" and "--db-password" do, and whether it has its value, too.
func secretArg(arg string) (named, value bool) {
	name, text, assigned := strings.Cut(arg, "=")
	if !argPattern.MatchString(name) || !assigned && name[0] != '-' {
		return false, false
	}
	words := strings.NewReplacer("-", "_", ".", "_").Replace(strings.TrimLeft(name, "-"))
	named = secretName(words)
	return named, named && text != ""
}

// secretName reports whether an environment variable of that name usually
// holds a secret. TOKENIZERS_PARALLELISM and DB_PASSWORD_FILE do not.
func secretName(name string) bool {
	words := strings.Split(strings.ToUpper(name), "_")
	last := words[len(words)-1]
	if slices.Contains([]string{"FILE", "PATH", "DIR", "NAME", "STDIN"}, last) {
		return false
	}
	for _, w := range words {
		if slices.Contains([]string{"SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "APIKEY"}, w) {
			return true
		}
	}
	joined := "_" + strings.Join(words, "_")
	for _, suffix := range []string{"_TOKEN", "_PRIVATE_KEY", "_API_KEY", "_ACCESS_KEY", "_ACCESS_KEY_ID", "_SECRET_KEY", "_ENCRYPTION_KEY", "_SIGNING_KEY"} {
		if strings.HasSuffix(joined, suffix) {
			return true
		}
	}
	return false
}

// bucket converts an s3 block.
func (c *converter) bucket(b *s3Block, t taskBlock) *services.S3 {
	what := "The s3 block of " + lowerFirst(t.what)
	s := &services.S3{}
	var st state
	if s.VaultPath, st = c.required(b.Vault, "vault", what, b.DefRange, `vault = "aws/creds/hub"`); st == ok {
		c.checkVaultPath(s.VaultPath, b.Vault)
	}
	if s.Bucket, st = c.required(b.Bucket, "bucket", what, b.DefRange, `bucket = "acme-labels"`); st == ok && !bucketPattern.MatchString(s.Bucket) {
		c.errorAt(b.Bucket.Expr.Range(), "Invalid bucket", "%s is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes.", quote(s.Bucket))
	}
	s.Region, _ = c.match(b.Region, regionPattern, "lower-case letters, digits and dashes, such as \"eu-central-1\"")
	return s
}

func (c *converter) checkVaultPath(p string, a *hcl.Attribute) {
	if problem := badVaultPath(p, c.file.Platform.Vault.Mount); problem != "" {
		c.errorAt(a.Expr.Range(), "Invalid Vault path", "%s %s", quote(p), problem)
	}
}
