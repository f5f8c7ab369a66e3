// Package state is Drover's own memory, in Badger: what Drover applied last,
// which platforms and volumes it made, and the history of its applies. What
// Nomad, Consul and Vault know is observed, never kept here as truth; secret
// values are never kept here at all.
//
// # Contract
//
// All changes go through [Store.Apply] and [Store.ApplyAll] as a [Command]:
// plain data with the times and IDs that it needs passed in, so that the same
// commands in the same order give the same store anywhere, and the log of them
// can be replicated later ([MarshalCommand], [UnmarshalCommand]). When Apply
// returns nil the change is on disk. Reads return copies.
//
// One process at a time opens a directory; a second one is told so at once.
//
// # Values and schema
//
// A value is one version byte and JSON. A value or a store written by a newer
// Drover is refused with both versions named. An older store is migrated when
// it is opened, after a backup to "backup-<schema>" beside it, which
// "badger restore" and [badger.DB.Load] read.
package state
