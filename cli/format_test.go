package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

func TestFormat(t *testing.T) {
	value := []struct {
		ID    *string `json:"id"`
		Token services.Token
	}{{ID: new("a<b>"), Token: services.NewToken("hunter2")}}
	for name, c := range map[string]struct {
		meta Meta
		want string
	}{
		"json":             {Meta{JSON: true}, "[\n    {\n        \"id\": \"a<b>\",\n        \"Token\": \"\\u003credacted\\u003e\"\n    }\n]\n"},
		"template":         {Meta{Template: "{{range .}}{{.ID}} {{.Token}}{{end}}"}, "a<b> <redacted>\n"},
		"json in template": {Meta{Template: "{{json .}}"}, "[{\"id\":\"a\\u003cb\\u003e\",\"Token\":\"\\u003credacted\\u003e\"}]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			c.meta.Out = &out
			require.NoError(t, c.meta.Format(value))
			require.Equal(t, c.want, out.String())
		})
	}
}

func TestFormat_ErrPrintsNothing(t *testing.T) {
	var out strings.Builder
	m := Meta{Streams: Streams{Out: &out}, Template: "begin {{.Nope}}"}
	err := m.Format(struct{ ID string }{})
	require.ErrorContains(t, err, "the template of -t does not fit the data")
	require.Empty(t, out.String())
}

func TestTable(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Table(&out, []string{"ID", "Where"}, [][]string{{"app-1", "node\t1"}, {"hub-123456", ""}}))
	require.Equal(t, "ID          Where\napp-1       node 1\nhub-123456  -\n", out.String())
}
