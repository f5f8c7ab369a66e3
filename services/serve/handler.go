package serve

import (
	"errors"
	"net/http"
	"runtime/debug"

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
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { // how a stream is cut on purpose
				panic(cause)
			}
			logger.Error("request panicked", "method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
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
			logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
		} else {
			logger.Debug("request refused", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
		}
		if out.started { // too late for a reply: cut it, so that it cannot pass for whole
			panic(http.ErrAbortHandler)
		}
		WriteJSON(w, status, reply)
	})
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
