package serve

import (
	"errors"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// HandlerFunc answers a request or returns an error and leaves the answer to
// [Handler]. It must not do both.
type HandlerFunc func(http.ResponseWriter, *http.Request) error

// Handler is the one place that writes error replies and logs them: what the
// client did wrong at debug level, what the server did wrong as an error. A
// panic becomes an internal error; its stack goes to the log alone.
func Handler(logger hclog.Logger, f HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &once{ResponseWriter: w}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { // how a stream is cut on purpose
				panic(value)
			}
			logger.Error("request panicked", "method", r.Method, "path", r.URL.Path, "cause", value, "stack", string(debug.Stack()))
			if out.started {
				panic(http.ErrAbortHandler)
			}
			_, reply := Explain(errors.New("panic"))
			WriteJSON(w, http.StatusInternalServerError, reply)
		}()
		err := f(out, r)
		if err == nil {
			return
		}
		status, reply := Explain(err)
		if status >= http.StatusInternalServerError {
			logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", cause(err))
		} else {
			logger.Debug("request refused", "method", r.Method, "path", r.URL.Path, "status", status, "error", cause(err))
		}
		if out.started { // too late for a reply: cut it, so that it cannot pass for whole
			panic(http.ErrAbortHandler)
		}
		WriteJSON(w, status, reply)
	})
}

// cause is what the log says of an error: its text, and what its text keeps
// from the client.
func cause(err error) string {
	text := err.Error()
	if known := find(err).known; known != nil && known.Err != nil && !strings.Contains(text, known.Err.Error()) {
		text += ": " + known.Err.Error()
	}
	return text
}

// once remembers whether a reply has begun.
type once struct {
	http.ResponseWriter
	started bool
}

func (o *once) WriteHeader(status int) {
	o.started = true
	o.ResponseWriter.WriteHeader(status)
}

func (o *once) Write(p []byte) (int, error) {
	o.started = true
	return o.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (o *once) Unwrap() http.ResponseWriter { return o.ResponseWriter }
