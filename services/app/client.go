package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/drover-platform/drover/services"
)

// Client talks to an App as its SDK does. Its zero value but for URL is
// ready.
type Client struct {
	URL string // such as "http://127.0.0.1:9001"
}

// NewProject opens a new project and gives it a title.
func (c Client) NewProject(ctx context.Context, title string) error {
	if _, err := c.call(ctx, http.MethodPost, "/projects", "application/json", []byte(`"`+newProject+`"`)); err != nil {
		return err
	}
	return c.verb(ctx, map[string]any{"verb": "title", "title": title})
}

// Upload gives the open project a dataset: a CSV file with a header. It
// returns the dataset's ID.
func (c Client) Upload(ctx context.Context, filename string, csv []byte, columns []string) (string, error) {
	stream := "/api/_stream/" + newUUID()
	if _, err := c.call(ctx, http.MethodPost, stream+"/0/true", contentType, csv); err != nil {
		return "", err
	}
	request, err := json.Marshal(map[string]any{"filename": filename, "has_header": true})
	if err != nil {
		return "", err
	}
	answer, err := c.call(ctx, http.MethodPost, stream, "application/json", request)
	if err != nil {
		return "", err
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &made); err != nil || made.ID == "" {
		return "", services.Errorf(services.CodeInternal, "the App answered %q to an upload", answer)
	}
	return made.ID, c.verb(ctx, map[string]any{"verb": "dataset_add", "id": made.ID, "columns": columns})
}

// Export returns the open project's dataset as it was uploaded.
func (c Client) Export(ctx context.Context) ([]byte, error) {
	query := url.Values{"content-type": {contentType}, "mode": {"data"}}
	return c.call(ctx, http.MethodGet, "/export_stream?"+query.Encode(), "", nil)
}

// verb calls POST /api, which tells errors in a summary, with status 200.
func (c Client) verb(ctx context.Context, request map[string]any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := c.call(ctx, http.MethodPost, "/api", "application/json", body)
	if err != nil {
		return err
	}
	var summary struct {
		Error string `json:"error_msg"`
	}
	if err := json.Unmarshal(answer, &summary); err != nil {
		return services.Errorf(services.CodeInternal, "the App answered %q to the verb %v", answer, request["verb"])
	}
	if summary.Error != "" {
		return services.Errorf(services.CodeInvalid, "the App refused the verb %v: %s", request["verb"], summary.Error)
	}
	return nil
}

// call makes one request and returns the body of an answer that says that it
// was done.
func (c Client) call(ctx context.Context, method, path, mediaType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, services.Errorf(services.CodeInvalid, "the App's address %q is not usable: %w", c.URL, err)
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, services.Errorf(services.CodeUnavailable, "the App does not answer: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, services.Errorf(services.CodeUnavailable, "%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, services.Errorf(services.CodeInvalid, "%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
