// Package hcl is the language of platform files: text in, a
// [services.Platform] out, or diagnostics that show the line, say what is
// wrong and what is allowed.
//
// # The language
//
// A platform is one file, or all *.hcl files of one folder read as one. It
// uses HashiCorp's HCL with Nomad's names for what is Nomad's:
//
//	platform "acme" {
//	  datacenters = ["dc1"]
//	}
//
//	volume_class "local" {
//	  plugin = "mkdir"
//	}
//
//	hub "main" {
//	  builtin = true
//	  cpu     = 100
//	  memory  = "128MiB"
//	  volume {
//	    class = "local"
//	    size  = "1GiB"
//	    mount = "/data"
//	  }
//	  secret "SHARED_SECRET" {
//	    generate = "hex:36"
//	  }
//	}
//
//	app "labeller" {
//	  image        = "registry.example/production/watchful:3.0.1234"
//	  cores        = 4
//	  dataset      = "200MB"
//	  idle_timeout = "2h"
//	  hub          = "main"
//	  volume {
//	    class = "local"
//	    size  = "10GiB"
//	    mount = "/root/watchful"
//	  }
//	}
//
//	user "alice" {
//	  app "labeller" {
//	    dataset = "2GiB"
//	  }
//	}
//
// REFERENCE.md lists every block and argument. The rules behind them:
//
//   - Sizes and durations are strings with units: "512MiB", "200MB", "2h".
//     Memory and volumes are counted in MiB, rounded up.
//   - An image carries an exact version or a digest. What runs then changes
//     only when the file does.
//   - Secrets are never in a file. A secret block names where in Vault one is,
//     or lets Drover make it there. An env entry that looks like a secret is an
//     error, and snippets show such lines masked.
//   - What outlives a task is on a volume. The database of a Hub must be.
//   - A label is for people, an identity for machines. IDs derive from the
//     identity, which is the label unless the block says id. To rename
//     something, change the label and set id to the old one; without that the
//     new label is something new with an empty volume.
//   - What refers (hub, class, app) must find what it refers to, and a name is
//     declared once.
//
// # Values
//
// variable blocks declare inputs, which the command line gives with
// -var name=value; var.NAME reads them. locals blocks name values; local.NAME
// reads them. There are two functions: env("NAME") is an environment variable,
// and an error if it is not set; file("PATH") is the content of a file, found
// from the folder of the platform file. Strings take ${...}; write $${...} to
// leave ${...} to Nomad, which fills in its own names when a task starts. There
// are no loops and no other functions.
//
// # Errors
//
// Mistakes in a file are [hcl.Diagnostics] for its author: all of them at once,
// sorted by position, each with the range that it is about. Loading goes on
// after each step (parse, decode, convert, validate), but leaves out what a
// syntax error may have caused, such as a missing block. The returned [File] is
// never nil, because it has the source lines that [File.WriteDiagnostics]
// shows. Mistakes in the program panic.
//
// # How it works
//
// There are two structs for each block: a raw one in this package, decoded by
// gohcl, whose fields are unevaluated attributes with their ranges; and a noun
// of package services. A file here holds a block's raw struct and the code that
// turns it into its noun.
//
// The package reads the files it is given and nothing else: what it may know of
// the environment comes in [Options]. The same input gives the same output,
// byte for byte.
package hcl
