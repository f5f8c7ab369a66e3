package config

import "time"

// section is a block, or the top of a file.
type section struct {
	name      string
	arguments []argument
	blocks    []section
	// begin is called for the block itself; nil does nothing.
	begin func()
}

// argument is a name and what to do with its value.
type argument struct {
	name string
	read reader
	// refuse explains why the argument, which people expect, does not exist.
	// Such an argument is in no list.
	refuse string
}

// Bounds of numbers and durations.
const (
	minResync  = 10 * time.Second
	maxResync  = 24 * time.Hour
	maxHistory = 10_000
	minAudit   = time.Hour
	maxAudit   = 100 * 365 * 24 * time.Hour
)

// schema is the whole language. REFERENCE.md has a row for each argument.
func (d *decoder) schema(c *Config) section {
	return section{
		arguments: []argument{
			{name: "listen", read: d.hostPort(&c.Listen, true)},
			{name: "allow_plaintext", read: d.boolean(&c.AllowPlaintext)},
			{name: "advertise", read: d.hostPort(&c.Advertise, false)},
			{name: "data_dir", read: d.folder(&c.DataDir)},
			{name: "token", refuse: literalToken("the variable of its server")},
			{name: "log_level", read: d.word(&c.LogLevel, "trace", "debug", "info", "warn", "error")},
		},
		blocks: []section{
			{name: "nomad", arguments: append(d.server(&c.Nomad.Server, "NOMAD_TOKEN"),
				argument{name: "region", read: d.text(&c.Nomad.Region)},
				argument{name: "namespace", read: d.text(&c.Nomad.Namespace)},
			)},
			{name: "consul", arguments: d.server(&c.Consul, "CONSUL_HTTP_TOKEN")},
			{name: "vault", arguments: d.server(&c.Vault, "VAULT_TOKEN")},
			{name: "reconcile", arguments: []argument{
				{name: "drift", read: d.word((*string)(&c.Reconcile.Drift), string(DriftReport), string(DriftRepair))},
				{name: "resync", read: d.duration(&c.Reconcile.Resync, minResync, maxResync)},
			}},
			{name: "tls", begin: func() { c.TLS = &TLS{} }, arguments: []argument{
				{name: "cert_file", read: func(a value) { d.file(&c.TLS.CertFile)(a) }},
				{name: "key_file", read: func(a value) { d.file(&c.TLS.KeyFile)(a) }},
			}},
			{name: "retention", arguments: []argument{
				{name: "history", read: d.whole(&c.Retention.History, 1, maxHistory)},
				{name: "audit", read: d.duration(&c.Retention.Audit, minAudit, maxAudit)},
			}},
		},
	}
}

// server is the arguments that all three servers have.
func (d *decoder) server(s *Server, variable string) []argument {
	return []argument{
		{name: "address", read: d.url(&s.Address)},
		{name: "token_file", read: d.token(&s.Token)},
		{name: "ca_cert", read: d.file(&s.CACert)},
		{name: "token", refuse: literalToken(variable)},
	}
}

// literalToken says what to do instead of writing a token down.
func literalToken(variable string) string {
	return "A token is never written into the configuration, which gets copied and committed. Write it into a file that the agent alone can read and name that with token_file, or set " +
		variable + " in the agent's environment. If it was ever shared, revoke it."
}
