package nomad

import (
	"io"
	"net/http"
	"time"
)

// Nomad takes 100 connections from one address at once (its
// http_max_conns_per_client) and answers 429 to more. Others on this machine
// count too, so a 429 is waited out: it means that nothing was done.
const (
	busyTries = 10
	busyPause = 100 * time.Millisecond // doubles up to busyMax
	busyMax   = 3 * time.Second
)

// patientTransport tries requests again that Nomad was too busy for.
type patientTransport struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (p patientTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := busyPause
	for try := 1; ; try++ {
		resp, err := p.RoundTripper.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusTooManyRequests || try == busyTries || req.Body != nil && req.GetBody == nil {
			return resp, err
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<12)) // so that the connection can be used again
		_ = resp.Body.Close()
		if err := sleep(req.Context(), pause); err != nil {
			return nil, err
		}
		pause = min(2*pause, busyMax)
		if req.GetBody != nil {
			req = req.Clone(req.Context())
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}
