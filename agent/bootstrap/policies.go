package bootstrap

import (
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-platform/drover/services"
)

// PolicyName returns the name of Drover's own policy on Nomad, Consul and
// Vault for the platform in a namespace. It never matches "drover-*", the
// names that the policy on Vault lets Drover write.
func PolicyName(namespace string) string {
	if namespace == DefaultNamespace {
		return "drover"
	}
	return "platform-" + namespace
}

// Policies returns the text of Drover's own policies by server: "consul",
// "nomad" and "vault".
func Policies(namespace string, vault services.VaultSettings) map[string]string {
	return map[string]string{
		"consul": consulPolicy(),
		"nomad":  nomadPolicy(namespace),
		"vault":  vaultPolicy(vault),
	}
}

// nomadPolicy lets Drover run jobs and make volumes in one namespace, and see
// the nodes that they run on.
func nomadPolicy(namespace string) string {
	f := hclwrite.NewEmptyFile()
	ns := f.Body().AppendNewBlock("namespace", []string{namespace}).Body()
	ns.SetAttributeValue("capabilities", stringList(
		"list-jobs", "parse-job", "read-job", "submit-job", "read-logs", "read-fs",
		"host-volume-create", "host-volume-read",
	))
	f.Body().AppendNewBlock("node", nil).Body().SetAttributeValue("policy", cty.StringVal("read"))
	f.Body().AppendNewBlock("agent", nil).Body().SetAttributeValue("policy", cty.StringVal("read"))
	// Registering a job that mounts a host volume needs this, dynamic volumes
	// included; planning it does not check (nomad/job_endpoint.go).
	f.Body().AppendNewBlock("host_volume", []string{"*"}).Body().SetAttributeValue("policy", cty.StringVal("write"))
	return string(f.Bytes())
}

// consulPolicy lets Drover read what is healthy.
func consulPolicy() string {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendNewBlock("service_prefix", []string{""}).Body().SetAttributeValue("policy", cty.StringVal("read"))
	f.Body().AppendNewBlock("node_prefix", []string{""}).Body().SetAttributeValue("policy", cty.StringVal("read"))
	return string(f.Bytes())
}

// tasksPolicy lets tasks find services.
func tasksPolicy() string { return consulPolicy() }

// vaultPolicy lets Drover write the role and the policy of each job, create
// secrets, and see which of all these exist (see vault.Permissions). It can neither read nor overwrite a value:
// "data" paths carry create alone.
func vaultPolicy(vault services.VaultSettings) string {
	f := hclwrite.NewEmptyFile()
	grant(f.Body(), "path", "sys/policies/acl", "list")
	grant(f.Body(), "path", "auth/"+vault.Auth+"/role", "list")
	grant(f.Body(), "path", "sys/policies/acl/drover-*", "create", "read", "update", "delete")
	grant(f.Body(), "path", "auth/"+vault.Auth+"/role/drover-*", "create", "read", "update", "delete")
	grant(f.Body(), "path", vault.Mount+"/data/drover/*", "create")
	grant(f.Body(), "path", vault.Mount+"/metadata/drover/*", "create", "read", "update", "list")
	return string(f.Bytes())
}

// workloadPolicy lets a task read the secrets below its own namespace and job,
// whichever those are: the login's metadata says.
func workloadPolicy(mount, accessor string) string {
	claim := func(name string) string {
		return "{{identity.entity.aliases." + accessor + ".metadata." + name + "}}"
	}
	f := hclwrite.NewEmptyFile()
	grant(f.Body(), "path", mount+"/data/"+claim("nomad_namespace")+"/"+claim("nomad_job_id")+"/*", "read")
	return string(f.Bytes())
}

// grant appends a block that gives capabilities on what the label names.
func grant(body *hclwrite.Body, block, label string, capabilities ...string) {
	body.AppendNewBlock(block, []string{label}).Body().SetAttributeValue("capabilities", stringList(capabilities...))
}

func stringList(items ...string) cty.Value {
	values := make([]cty.Value, len(items))
	for i, s := range items {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}
