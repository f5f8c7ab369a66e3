//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
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

// uploadCSV gives an App a project with a dataset.
func uploadCSV(t testing.TB, url string, csv []byte) {
	t.Helper()
	client := app.Client{URL: url}
	require.NoError(t, client.NewProject(t.Context(), "Tickets"))
	header, _, _ := bytes.Cut(csv, []byte("\n"))
	_, err := client.Upload(t.Context(), "tickets.csv", csv, strings.Split(string(header), ","))
	require.NoError(t, err)
}

func exportCSV(t testing.TB, url string) []byte {
	t.Helper()
	body, err := app.Client{URL: url}.Export(t.Context())
	require.NoError(t, err)
	return body
}
