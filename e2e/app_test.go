//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services/app"
)

// appURL returns where a user's App answers.
func appURL(t testing.TB, d *drover, path, user string) string {
	t.Helper()
	var rows []struct {
		User      string   `json:"user"`
		Addresses []string `json:"addresses"`
	}
	require.NoError(t, json.Unmarshal([]byte(d.must(0, "status", "-json", path).stdout), &rows))
	for _, r := range rows {
		if r.User == user {
			require.Len(t, r.Addresses, 1)
			return r.Addresses[0]
		}
	}
	t.Fatalf("status does not show an App of %s", user)
	return ""
}

func sampleCSV(t testing.TB, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, app.WriteSample(&b, rows))
	return b.Bytes()
}

// uploadCSV gives an App a dataset, as its SDK does, and returns its ID.
func uploadCSV(t testing.TB, url string, csv []byte) string {
	t.Helper()
	stream := url + "/api/_stream/6f1c1a52-3f0e-4c39-9f56-0d7f7a3b9a01"
	post(t, stream+"/0/true", "text/csv", csv)
	var made struct {
		ID string `json:"id"`
	}
	require.NoError(t, json.Unmarshal(post(t, stream, "application/json", []byte(`{"filename":"tickets.csv","has_header":true}`)), &made))
	return made.ID
}

func exportCSV(t testing.TB, url string) []byte {
	t.Helper()
	resp, err := http.Get(url + "/export_stream?content-type=text/csv&mode=data")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return body
}

func post(t testing.TB, url, contentType string, body []byte) []byte {
	t.Helper()
	resp, err := http.Post(url, contentType, bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 2, resp.StatusCode/100, "%s: %s", url, answer)
	return answer
}
