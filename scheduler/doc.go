// Package scheduler decides what has to change so that what runs becomes what
// should run. It is pure: [Compute] takes what is desired and what was
// observed and returns a [Plan]; it reads no clock, does no I/O, and gives
// the same plan for the same inputs whatever order they come in.
//
// # Waves
//
// A plan is an ordered list of waves. Each wave starts when the one before it
// is healthy: Vault roles, policies and generated secrets; volumes; the Hub;
// linkage services and runners; Apps in cohorts that grow (1, 4, 16, 64), so
// that a bad App profile breaks one App and not all; last, what is no longer
// wanted is stopped.
//
// # Safety
//
// Compute acts on nothing that does not carry Drover's mark and this
// platform's identity: a foreign object under a wanted name is a [Conflict],
// and a plan with conflicts is not applied. No plan deletes a volume or a
// secret. Every step carries the version of the object that it was computed
// from ("0": it must not exist), and every write is a check-and-set against it.
package scheduler
