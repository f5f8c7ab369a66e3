package jobspecs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/drover-platform/drover/services"
)

// defaultMount is the KV version 2 mount of a platform that names none.
const defaultMount = "secret"

// readSecrets lets the task read its secrets from Vault with its own workload
// identity, into its environment.
//
// Nothing restarts by itself when a secret changes: with a thousand Apps on one
// secret all of them would restart at once. Drover paces those restarts
// itself. The task never sees its Vault token.
func readSecrets(p *services.Platform, task *api.Task, id services.JobID, w services.Workload) {
	if !w.HasSecrets() {
		return
	}
	task.Vault = &api.Vault{
		Role:        services.GrantName(id),
		Env:         new(false),
		DisableFile: new(true),
		ChangeMode:  new("noop"),
	}
	task.Templates = []*api.Template{{
		DestPath:      new(refEnvFile),
		Envvars:       new(true),
		Perms:         new("0400"),
		ChangeMode:    new("noop"),
		Splay:         new(5 * time.Second), // Nomad's own; nothing waits for it with "noop"
		ErrMissingKey: new(true),
		EmbeddedTmpl:  new(secretsTemplate(p, id, w)),
	}}
	if w.S3 == nil {
		return
	}
	if task.Env == nil {
		task.Env = map[string]string{}
	}
	task.Env["AWS_CUSTOMER_BUCKET"] = w.S3.Bucket
	if w.S3.Region != "" {
		task.Env["AWS_REGION"] = w.S3.Region
	}
}

// secretsTemplate is the text that Nomad's client fills in: one line of
// "NAME=value" for each secret, the value as a JSON string, which is how an
// environment file quotes.
//
// Names, paths and keys come from people. They enter as Go string literals
// inside of actions, so that no "}}" in them ends one, and in ASCII, so that
// an escape before a combining character stays an escape.
func secretsTemplate(p *services.Platform, id services.JobID, w services.Workload) string {
	var b strings.Builder
	for _, s := range w.Secrets {
		path, key := s.VaultPath, s.VaultKey
		if s.Generated() {
			path, key = dataPath(p, services.SecretPath(id, s.Env)), services.SecretKey
		}
		b.WriteString("{{ with secret " + strconv.QuoteToASCII(path) + " }}")
		writeSecretLine(&b, s.Env, secretField(path, key))
		b.WriteString("{{ end }}\n")
	}
	if s3 := w.S3; s3 != nil {
		b.WriteString("{{ with secret " + strconv.QuoteToASCII(s3.VaultPath) + " }}")
		writeSecretLine(&b, "AWS_ACCESS_KEY_ID", secretField(s3.VaultPath, "access_key"))
		b.WriteString("\n")
		writeSecretLine(&b, "AWS_SECRET_ACCESS_KEY", secretField(s3.VaultPath, "secret_key"))
		// Keys of an IAM user come without a session token.
		b.WriteString("\n{{ with index " + secretFields(s3.VaultPath) + ` "security_token" }}`)
		writeSecretLine(&b, "AWS_SESSION_TOKEN", ".")
		b.WriteString("{{ end }}{{ end }}\n")
	}
	return b.String()
}

func writeSecretLine(b *strings.Builder, env, value string) {
	if identifier(env) {
		b.WriteString(env)
	} else {
		b.WriteString("{{ " + strconv.QuoteToASCII(env) + " }}")
	}
	b.WriteString("={{ " + value + " | toJSON }}")
}

// secretField is the expression of one field of the secret at path.
func secretField(path, key string) string {
	if identifier(key) {
		return secretFields(path) + "." + key
	}
	return "index " + secretFields(path) + " " + strconv.QuoteToASCII(key)
}

// secretFields is the expression of the secret's fields. KV version 2 wraps
// them once more, and its API paths have "data" below the mount.
func secretFields(path string) string {
	if strings.Contains(path, "/data/") {
		return ".Data.data"
	}
	return ".Data"
}

// dataPath is the API path of what is at path in the platform's KV mount.
func dataPath(p *services.Platform, path string) string {
	return mount(p) + "/data/" + path
}

func mount(p *services.Platform) string {
	return cmp.Or(strings.Trim(p.Vault.Mount, "/"), defaultMount)
}

// generated lists the values of a job that Drover makes, each once.
func generated(p *services.Platform, id services.JobID, work []services.Workload) []services.GeneratedSecret {
	var out []services.GeneratedSecret
	for _, w := range work {
		for _, s := range w.Secrets {
			if s.Generated() {
				out = append(out, services.GeneratedSecret{
					Job: id, Env: s.Env, Mount: mount(p), Path: services.SecretPath(id, s.Env), Generate: s.Generate,
				})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b services.GeneratedSecret) int { return cmp.Compare(a.Env, b.Env) })
	return slices.CompactFunc(out, func(a, b services.GeneratedSecret) bool { return a.Env == b.Env })
}

// identifier reports whether s is a plain name: letters, digits and
// underscores, no digit first.
func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
