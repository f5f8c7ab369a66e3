package app

// summary is the reply of POST /api. Its fields are the contract's, all of
// them and no other: the published Python client builds a record of exactly
// these and refuses one too few or one too many. What this App does not do
// yet (queries, classes, hinters, labels) is empty, which is what it is in
// a project that has none.
type summary struct {
	ProjectID    string   `json:"project_id"` // "" when no project is open
	Title        string   `json:"title"`
	Datasets     []string `json:"datasets"` // at most one
	WatchfulHome string   `json:"watchful_home"`

	AutoComplete          []any      `json:"auto_complete"`
	CandSeqFull           int        `json:"cand_seq_full"`
	CandSeqPrefix         int        `json:"cand_seq_prefix"`
	Candidates            [][]string `json:"candidates"` // after the verb dump: rows
	Classes               empty      `json:"classes"`
	ColumnFlags           empty      `json:"column_flags"`
	Disagreements         []any      `json:"disagreements"`
	EnrichmentTasks       []any      `json:"enrichment_tasks"`
	ErrorMsg              *string    `json:"error_msg"`
	ErrorVerb             *string    `json:"error_verb"`
	ExportPreview         *preview   `json:"export_preview"` // after the verb export_preview
	Exports               []Export   `json:"exports"`
	FieldNames            []string   `json:"field_names"`
	HandLabels            []any      `json:"hand_labels"`
	Hinters               []any      `json:"hinters"`
	IsShared              bool       `json:"is_shared"`
	Messages              []any      `json:"messages"`
	NCandidates           int64      `json:"n_candidates"` // rows of the dataset
	NHandlabels           int        `json:"n_handlabels"`
	NERHLText             *string    `json:"ner_hl_text"`
	Notifications         []any      `json:"notifications"`
	PrecisionCandidate    empty      `json:"precision_candidate"`
	ProjectConfig         empty      `json:"project_config"`
	PublishedTitle        *string    `json:"published_title"`
	PullActions           []any      `json:"pull_actions"`
	PushActions           []any      `json:"push_actions"`
	Query                 string     `json:"query"`
	QueryBreakdown        empty      `json:"query_breakdown"`
	QueryCompleted        bool       `json:"query_completed"`
	QueryEnd              bool       `json:"query_end"`
	QueryExamined         int        `json:"query_examined"`
	QueryFullRows         bool       `json:"query_full_rows"`
	QueryHistory          empty      `json:"query_history"`
	QueryHitCount         int        `json:"query_hit_count"`
	QueryPage             int        `json:"query_page"`
	SelectedClass         string     `json:"selected_class"`
	Selections            []any      `json:"selections"`
	ShowNotificationBadge bool       `json:"show_notification_badge"`
	StateSeq              int64      `json:"state_seq"`
	Status                string     `json:"status"` // "current": no label is out of date
	Suggestion            *string    `json:"suggestion"`
	Suggestions           empty      `json:"suggestions"`
	UnlabeledCandidate    []any      `json:"unlabeled_candidate"`
}

type empty struct{}

// preview is the beginning of an export.
type preview struct {
	FieldNames []string   `json:"field_names"`
	Rows       [][]string `json:"rows"`
}

// summarize describes what is open.
func (s *Server) summarize() *summary {
	now := s.store.snapshot()
	out := &summary{
		Datasets: []string{}, WatchfulHome: s.store.home, Candidates: [][]string{}, Exports: []Export{}, FieldNames: []string{},
		AutoComplete: []any{}, Disagreements: []any{}, EnrichmentTasks: []any{}, HandLabels: []any{}, Hinters: []any{},
		Messages: []any{}, Notifications: []any{}, PullActions: []any{}, PushActions: []any{}, Selections: []any{}, UnlabeledCandidate: []any{},
		QueryCompleted: true, QueryEnd: true, QueryFullRows: true,
		StateSeq: now.session.StateSeq, Status: "current",
	}
	if now.project == nil {
		return out
	}
	out.ProjectID, out.Title, out.Exports = now.project.ID, now.project.Title, now.project.Exports
	if now.dataset != nil {
		out.Datasets = []string{now.dataset.ID}
		out.FieldNames = now.project.Datasets[0].Columns
		out.NCandidates = now.dataset.Rows
	}
	return out
}
