// Package hub is the built-in Hub: it registers users, signs them in, and
// keeps the projects that they share, in one SQLite database on a durable
// volume. It keeps the published contract of the Watchful Hub as far as that
// is known: port 9005, GET /ruok, POST /remote with verbs, POST /remote/login,
// settings from the environment, logs on stderr.
//
// # What it promises
//
//   - What was answered with 200 is on disk: SQLite runs with
//     synchronous=FULL, and a process that is killed loses nothing that it
//     has acknowledged.
//   - One Hub writes one database. A second one refuses to start.
//   - A push names the revision that it is based on. Of several pushes that
//     are based on one revision, one wins and the others are told so.
//   - Tokens are signed with a key derived from the shared secret, so that
//     they outlive a restart and an upgrade.
//   - A password is stored as an Argon2id hash, never as itself.
//
// Errors carry an HTTP status that fits and the body {code, error, hint}.
//
// # The environment
//
//	DATABASE_URL      absolute path of the database; required
//	SHARED_SECRET     at least 32 characters; required
//	WATCHFUL_LOG      trace, debug, info (default), warn or error
//	HUB_REGISTRATION  open (default) or token
//
// The first account becomes Admin, later ones Standard. With
// HUB_REGISTRATION=token nobody signs up without the header
// X-Watchful-Enrollment, whose value [EnrollmentToken] derives from the
// shared secret, or an Admin's bearer token.
package hub
