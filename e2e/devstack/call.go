package devstack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// server is the HTTP API of one server, spoken to as its manager. It is used
// for what comes before tokens exist; everything later is agent/bootstrap's.
type server struct {
	address string // URL
	header  string // that carries the token
	token   string
}

// call makes one request. in and out may be nil. The error of a status other
// than 200 to 299 is an *apiError.
func (s server) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode a request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.address+path, body)
	if err != nil {
		return err
	}
	if s.token != "" {
		req.Header.Set(s.header, s.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return &apiError{status: resp.StatusCode, what: method + " " + path, detail: strings.TrimSpace(string(text))}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// apiError is an answer that is not a success.
type apiError struct {
	status int
	what   string
	detail string
}

func (e *apiError) Error() string {
	return fmt.Sprintf("%s: status %d: %s", e.what, e.status, e.detail)
}

// wait tries until try succeeds, ctx ends, gone closes or limit passes, and
// returns the last error.
func wait(ctx context.Context, gone <-chan struct{}, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-gone:
			return fmt.Errorf("it ended: %w", last)
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", limit, last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
