// Package app is the built-in App: one person's instance, with projects and
// datasets on a durable volume. It keeps the published contract of the
// Watchful App as far as it works here: port 9001, GET /, GET and POST
// /projects, POST /api with verbs, uploads under /api/_stream, GET
// /export_stream and /export_project, GET /config, POST /set_hub_url,
// settings from the environment, logs on stderr.
//
// # On the volume
//
//	<home>/lock                     one App writes here; see serve.Lock
//	<home>/session.json             the open project, the Hub, state_seq
//	<home>/projects/<id>.hints      a project
//	<home>/datasets/refs/<id>       the SHA-256 of a dataset: its file below raw
//	<home>/datasets/raw/<sha256>    the bytes, exactly as they were uploaded
//	<home>/datasets/meta/<id>.json  columns, number of rows, an index of rows
//	<home>/staging/<uuid>.json      an upload that has arrived but is no dataset yet
//
// # What it promises
//
//   - What was answered with success is on disk: every file is written
//     beside its place, synced, renamed and its folder synced before the
//     answer. A process that is killed loses nothing it has acknowledged.
//   - A dataset exists once its file below refs does, which is written last.
//     What a killed process left half-done is removed at the next start.
//   - An export is the upload, byte for byte.
//   - Memory does not grow with the size of an upload: at most one record is
//     held at a time.
//   - state_seq of the summary grows with everything that somebody does and
//     stays when nobody does anything; asking for it is not doing. A stop
//     saves it.
//
// Errors of /api come back with HTTP 200 in error_msg and error_verb of the
// summary, as the contract has it; all others carry a fitting HTTP status and
// the body {code, error, hint}.
package app
