// Package e2e tests Drover as a whole: the built binary against real Nomad,
// Consul and Vault (build tag e2e, needs root), and, without any server, the
// shape of the source tree: who imports whom, which licences, which comments.
package e2e
