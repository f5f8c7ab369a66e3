// Package serve is the frame that Drover's built-in workloads share: a
// listener that is bound before anything runs, an HTTP server whose timeouts
// are all set, a graceful stop with a deadline, JSON in and out with errors
// that people can act on, the log level that the environment names, and the
// lock that keeps a second process off a single-writer volume.
//
// It knows nothing about the App or the Hub.
package serve
