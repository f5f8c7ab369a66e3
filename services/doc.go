// Package services holds Drover's nouns: the platform, its Hub, Apps, users,
// linkage services, runners, volumes and secrets, the identities that their
// Nomad, Consul and Vault names derive from, and the error codes that every
// other layer speaks.
//
// The package is pure: it imports the standard library alone and knows no
// clock, no randomness, no environment and no I/O. Every value is plain data
// that marshals to JSON.
//
// # Identity
//
// Names that people choose are labels. What Nomad, Consul and Vault see are
// IDs: a kind ("app", "hub", "linkage", "runner", "vol") and twelve base32
// characters of a SHA-256 over the platform's and the noun's identity (see
// [Derive]). An ID therefore is a valid DNS label, carries nobody's name,
// needs no state to compute, and stays the same when a label changes as long
// as the block keeps its identity ("id" in the platform file, which defaults
// to the label). IDs of one kind have one length, so that no job ID is a
// prefix of another's.
package services
