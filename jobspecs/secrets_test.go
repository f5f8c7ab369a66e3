package jobspecs_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"text/template"

	"github.com/hashicorp/hcl"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// fill executes a secrets template as Nomad's client does: with "secret" and
// "toJSON" of consul-template, and an error for a missing field.
func fill(t *testing.T, text string, vault map[string]map[string]any) string {
	t.Helper()
	type secret struct{ Data map[string]any }
	tmpl, err := template.New("env").Option("missingkey=error").Funcs(template.FuncMap{
		"secret": func(path string) *secret {
			require.Contains(t, vault, path)
			return &secret{vault[path]}
		},
		"toJSON": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
	}).Parse(text)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, tmpl.Execute(&b, nil))
	return b.String()
}

func TestSecrets_Template(t *testing.T) {
	job := jobspecs.Jobs(cases()["secrets-and-s3"])[0]
	text := *job.Spec.TaskGroups[0].Tasks[0].Templates[0].EmbeddedTmpl
	v2 := func(fields map[string]any) map[string]any {
		return map[string]any{"data": fields, "metadata": map[string]any{}}
	}
	vault := map[string]map[string]any{
		"database/creds/hub":   {"username": "u", "password": `p"#\ =`},
		"secret/data/team/hub": v2(map[string]any{"licence-key": "L", "key": "K"}),
		"secret/data/drover/" + string(job.ID) + "/SHARED_SECRET": v2(map[string]any{"value": "00ff"}),
		"aws/creds/hub": {"access_key": "AK", "secret_key": "S/+=", "security_token": nil},
	}
	want := `DATABASE_PASSWORD="p\"#\\ ="
LICENCE="L"
SHARED_SECRET="00ff"
WATCHFUL_KEY="K"
AWS_ACCESS_KEY_ID="AK"
AWS_SECRET_ACCESS_KEY="S/+="
`
	require.Equal(t, want+"\n", fill(t, text, vault))
	vault["aws/creds/hub"]["security_token"] = "T"
	require.Equal(t, want+"AWS_SESSION_TOKEN=\"T\"\n", fill(t, text, vault))
}

func TestSecrets_AwkwardNames(t *testing.T) {
	p := platform()
	w := thirdParty("registry.example/odd:1")
	path, key := `kv/"}}{{ secret "x" }}`, "}}\n`\"\\"
	w.Secrets = []services.Secret{{Env: "KEY", VaultPath: path, VaultKey: key}}
	p.Hub = hub(w)
	job := jobspecs.Jobs(p)[0]
	text := *job.Spec.TaskGroups[0].Tasks[0].Templates[0].EmbeddedTmpl
	require.Equal(t, "KEY=\"V\"\n", fill(t, text, map[string]map[string]any{path: {key: "V"}}))
	require.Empty(t, job.Grant.Rules, "such a path cannot be permitted exactly")
}

func TestSecrets_Task(t *testing.T) {
	job := jobspecs.Jobs(cases()["secrets-and-s3"])[0]
	task := job.Spec.TaskGroups[0].Tasks[0]
	require.Equal(t, job.Grant.Name, task.Vault.Role)
	require.Equal(t, "noop", *task.Vault.ChangeMode)
	require.False(t, *task.Vault.Env)
	require.True(t, *task.Vault.DisableFile)
	require.Equal(t, "noop", *task.Templates[0].ChangeMode)
	require.Equal(t, "acme-labels", task.Env["AWS_CUSTOMER_BUCKET"])
	require.Equal(t, "eu-central-1", task.Env["AWS_REGION"])

	job = jobspecs.Jobs(cases()["docker-hub"])[0]
	task = job.Spec.TaskGroups[0].Tasks[0]
	require.Nil(t, task.Vault)
	require.Empty(t, task.Templates)
	require.Nil(t, job.Grant)
	require.Empty(t, job.Secrets)
}

func TestSecrets_Generated(t *testing.T) {
	p := platform()
	l := linkage("", "", "")
	l.Workers[0].Workload.Secrets = []services.Secret{
		{Env: "A", Generate: services.Generator{Encoding: "hex", Bytes: 16}},
		{Env: "TOKEN", Generate: services.Generator{Encoding: "base64", Bytes: 32}},
	}
	p.Linkages = []services.Linkage{l}
	p.Vault.Mount = "team/kv/"
	job := jobspecs.Jobs(p)[0]
	require.Equal(t, []services.GeneratedSecret{
		{Job: l.ID, Env: "A", Mount: "team/kv", Path: "drover/" + string(l.ID) + "/A", Generate: services.Generator{Encoding: "hex", Bytes: 16}},
		{Job: l.ID, Env: "TOKEN", Mount: "team/kv", Path: "drover/" + string(l.ID) + "/TOKEN", Generate: services.Generator{Encoding: "base64", Bytes: 32}},
	}, job.Secrets, "each once, sorted")
	require.Equal(t, []string{"team/kv/data/drover/" + string(l.ID) + "/*"}, permitted(t, job.Grant))
}

func TestGrant(t *testing.T) {
	job := jobspecs.Jobs(cases()["secrets-and-s3"])[0]
	require.Equal(t, services.GrantName(job.ID), job.Grant.Name)
	require.Equal(t, job.ID, job.Grant.Job)
	require.Equal(t, "drover", job.Grant.Namespace)
	require.ElementsMatch(t, []string{
		"aws/creds/hub", "database/creds/hub", "secret/data/team/hub", "secret/data/drover/" + string(job.ID) + "/*",
	}, permitted(t, job.Grant))

	for _, path := range []string{"secret/data/*", "secret/data/team/+", "secret/+/x", "secret/data/{{identity.entity.id}}", "a/b\" {}\npath \"c/d", "secret/../sys/raw", "/secret/x", "secret//x", "secret", ""} {
		p := platform()
		w := thirdParty("registry.example/odd:1")
		w.Secrets = []services.Secret{{Env: "A", VaultPath: path, VaultKey: "k"}}
		p.Hub = hub(w)
		require.Empty(t, permitted(t, jobspecs.Jobs(p)[0].Grant), "%q", path)
	}
}

// permitted reads a policy with the library that Vault reads it with.
func permitted(t *testing.T, grant *services.Grant) []string {
	t.Helper()
	var policy struct {
		Path map[string]struct{ Capabilities []string } `hcl:"path"`
	}
	require.NoError(t, hcl.Decode(&policy, grant.Rules))
	var paths []string
	for path, rule := range policy.Path {
		require.Equal(t, []string{"read"}, rule.Capabilities)
		paths = append(paths, path)
	}
	return paths
}
