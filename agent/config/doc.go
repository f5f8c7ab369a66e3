// Package config reads the agent's configuration: one HCL file, or all *.hcl
// files of a folder as if they were one. REFERENCE.md lists every block and
// argument; drover.hcl is a commented file to start from.
//
// What a file leaves out comes from the environment, for the addresses and
// tokens of the servers, and from the defaults otherwise. Tokens are read from
// files or from the environment: a token that is written into the
// configuration is an error, and no message shows it.
//
// All problems are reported at once, with their source lines, what is allowed
// and what was probably meant.
package config
