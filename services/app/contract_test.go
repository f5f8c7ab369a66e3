package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is one request of the contract.
type step struct{ method, path, contentType, body string }

// TestContract walks through the published API in the order in which the
// Python client uses it, with its mistakes, and pins every reply.
func TestContract(t *testing.T) {
	a := startApp(t, t.TempDir())
	const jsonType, csvType = "application/json", "text/csv"
	api := func(body string) step { return step{"POST", "/api", jsonType, body} }
	var out bytes.Buffer
	for _, s := range []step{
		{"GET", "/projects", "", ""},
		api(`{"verb":"nop"}`),
		api(`{"verb":"title","title":"Too early"}`),
		{"GET", "/export_stream?mode=data", "", ""},
		{"GET", "/export_project", "", ""},

		{"POST", "/projects", jsonType, `"new"`},
		api(`{"verb":"title","title":"  Support tickets "}`),
		api(`{"verb":"title","title":""}`),
		api(`{"verb":"title","title":"two\nlines"}`),
		api(`{"verb":"dump","offset":0}`),
		{"GET", "/projects", "", ""},

		{"POST", "/api/_stream/7b0c2f9e-0001/0/true", csvType, "Name,Text\nA,\"x\ny\"\nB,\"say \"\"hi\"\"\"\n"},
		{"POST", "/api/_stream/7b0c2f9e-0001", jsonType, `{"filename":"C:\\data\\tickets.csv","has_header":true}`},
		{"POST", "/api/_stream/7b0c2f9e-0001", jsonType, `{"filename":"again.csv","has_header":true}`},
		{"POST", "/api/_stream/7b0c2f9e-0001/0/true", csvType, "Other\n"},
		api(`{"verb":"dataset_add","id":"nowhere","columns":[]}`),
		api(`{"verb":"dataset_add","id":"7b0c2f9e-0001","columns":["Name","Nome"]}`),
		api(`{"verb":"dataset_add","id":"7b0c2f9e-0001","columns":["Name","Name"]}`),
		api(`{"verb":"dataset_add","id":"7b0c2f9e-0001","columns":["Text","Name"]}`),
		api(`{"verb":"dump","offset":0}`),
		api(`{"verb":"dump","offset":1}`),
		api(`{"verb":"dump","offset":2}`),
		api(`{"verb":"dump","offset":-1}`),
		api(`{"verb":"export_preview","mode":"data"}`),
		api(`{"verb":"export_preview","mode":"ner"}`),
		api(`{"verb":"export","query":"","content_type":"text/csv","mode":"data"}`),
		api(`{"verb":"export","query":"[x]"}`),
		{"GET", "/export_stream?content-type=text%2Fcsv&mode=data", "", ""},
		{"GET", "/export_stream?content-type=text%2Fcsv&mode=ftc", "", ""},
		{"GET", "/export_stream?mode=ner", "", ""},
		{"GET", "/export_stream?mode=csv", "", ""},
		{"GET", "/export_stream?content-type=application%2Fjson", "", ""},
		{"GET", "/export_project", "", ""},

		{"POST", "/api/_stream/second/0/true", csvType, "Name\nA,B\n"},
		{"POST", "/api/_stream/second", jsonType, `{"filename":"bad.csv","has_header":true}`},
		{"POST", "/api/_stream/second", jsonType, `{"filename":"bad.csv","has_header":true}`},
		{"POST", "/api/_stream/third/0/true", csvType, "Name\nA\n"},
		{"POST", "/api/_stream/third", jsonType, `{"filename":"c.csv","has_header":false}`},
		{"POST", "/api/_stream/third", jsonType, `{"filename":"c.csv","header":true}`},
		{"POST", "/api/_stream/third", jsonType, `{"filename":"c.csv"}`},
		api(`{"verb":"dataset_add","id":"third"}`),
		{"POST", "/api/_stream/fourth/1/false", csvType, "Name\nA\n"},
		{"POST", "/api/_stream/fourth/0/true", jsonType, "Name\nA\n"},
		{"POST", "/api/_stream/..%2F..%2Fetc/0/true", csvType, "Name\nA\n"},
		{"POST", "/api/_stream/fourth", jsonType, `{"filename":"d.csv"}`},

		{"POST", "/projects", "", ""},
		{"GET", "/projects", "", ""},
		{"POST", "/projects/project-1-0/open", jsonType, `"<home>/projects/project-1-0.hints"`},
		{"POST", "/projects/project-1-0/open", jsonType, `"<home>/projects/project-2-1.hints"`},
		{"POST", "/projects/project-9/open", jsonType, ``},
		{"POST", "/projects", jsonType, `"<home>/projects/project-2-1.hints"`},
		{"POST", "/projects", jsonType, `"/etc/passwd"`},
		{"POST", "/projects", jsonType, `{"title":"x"}`},
		api(`{"verb":"nop"}`),

		{"GET", "/config", "", ""},
		{"POST", "/set_hub_url", "text/plain", "http://hub.example:9005/\n"},
		{"POST", "/set_hub_url", "text/plain", "http://user:secret@hub.example:9005"},
		{"POST", "/set_hub_url", "text/plain", "hub.example"},
		{"POST", "/config", jsonType, `{"verb":"set","key":"remote","value":"https://hub.example"}`},
		{"POST", "/config", jsonType, `{"verb":"set","key":"role","value":"Admin"}`},

		api(`{"verb":"hinter","label":"x","weight":1,"query":"y"}`),
		api(`{"verb":"nop","extra":1}`),
		api(`{"verb":"dump","offset":"0"}`),
		api(`{}`),
		api(``),
		api(`[]`),
		api(`{"verb":"nop"} {}`),
		api("{\"verb\":\"nop\xff\"}"),
		{"POST", "/api", "text/plain", `{"verb":"nop"}`},
		{"POST", "/api", jsonType, `{"verb":"title","title":"` + strings.Repeat("x", maxBody) + `"}`},
		{"GET", "/api", "", ""},
		{"GET", "/remote", "", ""},
	} {
		status, body := a.do(s.method, s.path, s.contentType, strings.ReplaceAll(s.body, "<home>", a.home))
		text := s.body
		if len(text) > 200 {
			text = fmt.Sprintf("%s... (%d bytes)", text[:40], len(text))
		}
		fmt.Fprintf(&out, "%s %s %s %q\n%d ", s.method, s.path, s.contentType, text, status)
		out.WriteString(strings.ReplaceAll(brief(body), a.home, "<home>") + "\n")
	}
	golden(t, "contract.golden", out.Bytes())
}

// brief leaves of a summary what is not always the same; the field names are
// pinned by TestSummary_FieldsAreTheContracts.
func brief(body string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil || fields["watchful_home"] == nil {
		return strings.TrimSuffix(body, "\n")
	}
	maps.DeleteFunc(fields, func(_ string, v any) bool {
		switch v := v.(type) {
		case nil:
			return true
		case bool:
			return true
		case string:
			return v == "" || v == "current"
		case []any:
			return len(v) == 0
		case map[string]any:
			return len(v) == 0
		}
		return v == 0.0
	})
	delete(fields, "watchful_home")
	text, _ := json.Marshal(fields)
	return "summary " + string(text)
}

// TestSummary_FieldsAreTheContracts: the published Python client
// (watchful-py, class Summary) fails on a field too few and on one too many.
func TestSummary_FieldsAreTheContracts(t *testing.T) {
	a := startApp(t, t.TempDir())
	status, body := a.do("POST", "/api", "application/json", `{"verb":"nop"}`)
	require.Equal(t, 200, status)
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &fields))
	require.Equal(t, strings.Fields(`
		auto_complete cand_seq_full cand_seq_prefix candidates classes column_flags datasets disagreements enrichment_tasks
		error_msg error_verb export_preview exports field_names hand_labels hinters is_shared messages n_candidates
		n_handlabels ner_hl_text notifications precision_candidate project_config project_id published_title pull_actions
		push_actions query query_breakdown query_completed query_end query_examined query_full_rows query_history
		query_hit_count query_page selected_class selections show_notification_badge state_seq status suggestion
		suggestions title unlabeled_candidate watchful_home`), slices.Sorted(maps.Keys(fields)))
	require.Equal(t, "current", fields["status"])
	require.Equal(t, a.home, fields["watchful_home"])
}

// TestStateSeq_CountsUseOnly: the idle detector reads it with nop, and a
// health check reads the page; neither may keep an App awake. All else does.
func TestStateSeq_CountsUseOnly(t *testing.T) {
	home := t.TempDir()
	a := startApp(t, home)
	seq := func(a *app) float64 {
		_, body := a.do("POST", "/api", "application/json", `{"verb":"nop"}`)
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &fields))
		return fields["state_seq"].(float64)
	}
	before := seq(a)
	for range 3 {
		a.do("GET", "/", "", "")
		a.do("GET", "/projects", "", "")
		a.do("GET", "/config", "", "")
	}
	require.Equal(t, before, seq(a))
	for _, use := range []func(){
		func() { a.do("POST", "/projects", "", "") },
		func() { a.do("POST", "/api", "application/json", `{"verb":"title","title":"x"}`) },
		func() { a.upload("one", "A\n1\n") },
		func() { a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"one"}`) },
		func() { a.do("POST", "/api", "application/json", `{"verb":"dump"}`) },
		func() { a.do("GET", "/?page=1", "", "") },
		func() { a.do("GET", "/export_stream", "", "") },
	} {
		use()
		now := seq(a)
		require.Greater(t, now, before)
		before = now
	}
	a.stop() // reading the export changed no file: the stop is what saves it
	require.Equal(t, before, seq(startApp(t, home)))
}
