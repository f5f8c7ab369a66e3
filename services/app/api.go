package app

import (
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

const (
	maxBody      = 1 << 20 // of a request that is not an upload, in bytes
	dumpRows     = 500     // rows of one dump
	dumpBytes    = 1 << 20 // bytes of one dump, about
	previewRows  = 20      // rows of an export's preview
	previewBytes = 1 << 18 // bytes of an export's preview, about
)

// verbNames are the verbs of /api, as an error lists them.
var verbNames = []string{"dataset_add", "dump", "export", "export_preview", "nop", "title"}

// verb does what a request to /api asks for and may add to the summary.
type verb func(body []byte, out *reply) error

// reply is what a verb adds to the summary.
type reply struct {
	candidates [][]string
	preview    *preview
}

func (s *Server) verb(name string) verb {
	switch name {
	case "nop":
		return s.nop
	case "title":
		return s.title
	case "dataset_add":
		return s.datasetAdd
	case "dump":
		return s.dump
	case "export":
		return s.export
	case "export_preview":
		return s.exportPreview
	}
	return nil
}

// api answers POST /api {verb, ...} with a summary. A verb's error is part of
// it and comes back with HTTP 200, as the contract has it; a body that is not
// a JSON object with a verb is refused by status.
func (s *Server) api(w http.ResponseWriter, r *http.Request) error {
	body, err := serve.ReadBody(w, r, maxBody, "application/json")
	if err != nil {
		return err
	}
	name, err := serve.Verb(body)
	if err != nil {
		return err
	}
	var added reply
	err = s.call(name, body, &added)
	out := s.summarize()
	if err != nil {
		_, told := serve.Explain(err)
		text := told.Error
		if told.Hint != "" {
			text += ". " + told.Hint
		}
		out.ErrorMsg, out.ErrorVerb = &text, &name
		s.logVerb(name, err)
	}
	if added.candidates != nil {
		out.Candidates = added.candidates
	}
	out.ExportPreview = added.preview
	serve.WriteJSON(w, http.StatusOK, out)
	return nil
}

func (s *Server) call(name string, body []byte, out *reply) error {
	run := s.verb(name)
	if run == nil {
		return services.Errorf(services.CodeInvalid, "the verb %s is not one of this App", quote(name)).
			WithHint("Use one of %s", strings.Join(verbNames, ", "))
	}
	return run(body, out)
}

// logVerb logs what the answer's status does not show.
func (s *Server) logVerb(name string, err error) {
	if services.ErrorCode(err) == services.CodeInternal {
		s.cfg.Logger.Error("verb failed", "verb", name, "error", err)
		return
	}
	s.cfg.Logger.Debug("verb refused", "verb", name, "error", err)
}

// nop does nothing: it is how clients, health checks and the idle detector
// read the summary, and so it does not count as use.
func (s *Server) nop(body []byte, _ *reply) error {
	var in struct {
		Verb string `json:"verb"`
	}
	return serve.Decode(body, &in)
}

// title names the open project.
func (s *Server) title(body []byte, _ *reply) error {
	var in struct {
		Verb  string `json:"verb"`
		Title string `json:"title"`
	}
	if err := serve.Decode(body, &in); err != nil {
		return err
	}
	return s.store.rename(in.Title)
}

func (s *store) rename(title string) error {
	title, err := checkTitle(title)
	if err != nil {
		return err
	}
	return s.change(func(p *Project) error {
		p.Title = title
		return nil
	})
}

// datasetAdd gives the open project the dataset that was uploaded.
func (s *Server) datasetAdd(body []byte, _ *reply) error {
	var in struct {
		Verb    string   `json:"verb"`
		ID      string   `json:"id"`
		Columns []string `json:"columns"`
	}
	if err := serve.Decode(body, &in); err != nil {
		return err
	}
	return s.store.addDataset(in.ID, in.Columns)
}

// dump returns rows from an offset on; the next offset is this one plus the
// number of rows returned, until there are none.
func (s *Server) dump(body []byte, out *reply) error {
	var in struct {
		Verb   string `json:"verb"`
		Offset int64  `json:"offset"`
	}
	if err := serve.Decode(body, &in); err != nil {
		return err
	}
	if in.Offset < 0 {
		return services.Errorf(services.CodeInvalid, "offset is %d", in.Offset).WithHint("Use 0 or more")
	}
	rows, err := s.rows(s.store.snapshot(), in.Offset, dumpRows, dumpBytes)
	if err != nil {
		return err
	}
	s.store.touch()
	out.candidates = rows
	return nil
}

// rows reads rows of a project's dataset, in the columns that it uses.
func (s *Server) rows(now snapshot, first int64, limit, maxBytes int) ([][]string, error) {
	if err := now.ready(); err != nil {
		return nil, err
	}
	picked, err := now.dataset.pick(now.project.Datasets[0].Columns)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(s.store.rawPath(now.dataset.SHA256))
	if err != nil {
		return nil, storageError(err)
	}
	defer file.Close()
	return now.dataset.page(file, first, limit, maxBytes, picked)
}

// ready returns why there are no rows to be read, or nil.
func (now snapshot) ready() error {
	switch {
	case now.project == nil:
		return noProject()
	case len(now.project.Datasets) == 0:
		return services.Errorf(services.CodeConflict, "the project has no dataset yet").WithHint("Import a CSV file first")
	case now.dataset == nil:
		return services.Errorf(services.CodeUnavailable, "the project's dataset is not on the volume any more").
			WithHint("Restore the volume from a backup; the App's log names the file")
	}
	return nil
}

// mode checks the mode of an export. "ftc" is the dataset with a column for
// each class, and there are no classes: it is the dataset.
func mode(name string) (string, error) {
	switch name {
	case "":
		return defaultExport, nil
	case "data", "ftc":
		return name, nil
	case "ner":
		return "", services.Errorf(services.CodeInvalid, "mode ner exports classes of entities, and the project has none").
			WithHint("Use mode=data for the dataset")
	}
	return "", services.Errorf(services.CodeInvalid, "the mode %s is unknown", quote(name)).
		WithHint("Use mode=data for the dataset")
}

// export notes where an export is to be had.
func (s *Server) export(body []byte, _ *reply) error {
	var in struct {
		Verb        string `json:"verb"`
		Query       string `json:"query"`
		ContentType string `json:"content_type"`
		Mode        string `json:"mode"`
	}
	if err := serve.Decode(body, &in); err != nil {
		return err
	}
	chosen, err := mode(in.Mode)
	if err != nil {
		return err
	}
	if in.Query != "" {
		return services.Errorf(services.CodeInvalid, "an export cannot be limited by a query here").WithHint("Leave the query empty")
	}
	if in.ContentType != "" && in.ContentType != contentType {
		return noType(in.ContentType)
	}
	if err := s.store.snapshot().ready(); err != nil {
		return err
	}
	query := url.Values{"content-type": {contentType}, "mode": {chosen}}
	return s.store.change(func(p *Project) error {
		if len(p.Exports) >= maxExports {
			return services.Errorf(services.CodeConflict, "the project lists %d exports", len(p.Exports)).
				WithHint("Get the data with GET /export_stream")
		}
		p.Exports = append(p.Exports, Export{ContentType: contentType, Mode: chosen, URL: "export_stream?" + query.Encode()})
		return nil
	})
}

// exportPreview returns the first rows of an export.
func (s *Server) exportPreview(body []byte, out *reply) error {
	var in struct {
		Verb string `json:"verb"`
		Mode string `json:"mode"`
	}
	if err := serve.Decode(body, &in); err != nil {
		return err
	}
	if _, err := mode(in.Mode); err != nil {
		return err
	}
	now := s.store.snapshot()
	rows, err := s.rows(now, 0, previewRows, previewBytes)
	if err != nil {
		return err
	}
	s.store.touch()
	out.preview = &preview{FieldNames: now.project.Datasets[0].Columns, Rows: rows}
	return nil
}

func noType(name string) error {
	return services.Errorf(services.CodeInvalid, "the content type %s is not possible", quote(name)).
		WithHint("Use %s", contentType)
}
