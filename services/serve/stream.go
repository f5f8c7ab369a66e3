package serve

import (
	"io"
	"net/http"
	"time"
)

// StreamIdle is how long a stream may stand still before its connection is
// cut. Uploads and downloads may take hours as long as bytes flow.
const StreamIdle = 60 * time.Second

// Reader returns a request's body for a long upload: the server's timeout for
// a whole request gives way to [StreamIdle] between two reads.
func Reader(w http.ResponseWriter, body io.Reader) io.Reader {
	return &rollingReader{body: body, control: http.NewResponseController(w)}
}

type rollingReader struct {
	body    io.Reader
	control *http.ResponseController
}

func (r *rollingReader) Read(p []byte) (int, error) {
	extend(r.control.SetReadDeadline)
	// The reply comes after the upload; its own timeout began with the request.
	extend(r.control.SetWriteDeadline)
	return r.body.Read(p)
}

// Writer returns a reply for a long download: the server's timeout for a
// whole reply gives way to [StreamIdle] between two writes.
func Writer(w http.ResponseWriter) http.ResponseWriter {
	return &rollingWriter{ResponseWriter: w, control: http.NewResponseController(w)}
}

type rollingWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *rollingWriter) Write(p []byte) (int, error) {
	extend(w.control.SetWriteDeadline)
	return w.ResponseWriter.Write(p)
}

// extend moves a deadline. A recorder in a test has none to move, which is
// the only error there is.
func extend(set func(time.Time) error) { _ = set(time.Now().Add(StreamIdle)) }
