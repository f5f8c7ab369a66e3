// Package bootstrap wires Nomad, Consul and Vault to each other and to
// Drover: the namespace, the logins of Nomad's workloads to Consul and Vault,
// the policies, and Drover's own least-privilege tokens. It needs management
// credentials, which nothing else of Drover does.
//
// Everything is made sure of rather than made: a second run changes nothing
// and says so. What carries a name that bootstrap uses and was made by
// somebody else is used when it does the same and is an error otherwise; it is
// never overwritten.
package bootstrap
