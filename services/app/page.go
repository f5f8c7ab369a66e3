package app

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

const (
	pageRows  = 50
	pageBytes = 1 << 20 // of one page's rows, about
	cellRunes = 400     // of one cell; the rest is in the export
)

//go:embed page.html
var pageHTML string

//go:embed app.css
var pageStyle []byte

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// view is what the page shows.
type view struct {
	Root     string // from the page's address to the App's: "" or "../"
	Version  string
	Problem  *serve.ErrorReply // what went wrong with the last form
	Done     string            // what went right
	Project  *Project          // the open one
	Projects []projectLine
	HubURL   string
	Data     *dataView
	MaxTitle int
}

type projectLine struct {
	ID, Title, Updated string
	Open               bool
	HasData            bool
}

// dataView is the table of rows.
type dataView struct {
	Root                   string
	Filename, Size, SHA256 string
	Columns                []string
	Rows                   []rowView
	Total, First, Last     int64
	Page, Pages            int64
	Previous, Next         int64 // 0 where there is none
}

type rowView struct {
	Number int64
	Cells  []string
}

// done says in words what a form did; the redirect after it carries the key.
var done = map[string]string{
	"imported": "The file is imported, and its project is open.",
	"created":  "The new project is open.",
	"opened":   "The project is open.",
	"titled":   "The title is saved.",
}

// home answers GET /.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	number := int64(1)
	if text := query.Get("page"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return s.render(w, "", 1, "", services.Errorf(services.CodeInvalid, "there is no page %s", quote(text)).WithHint("Pages are counted from 1"))
		}
		number = n
		s.store.touch() // somebody reads; a health check asks for no page
	}
	return s.render(w, "", number, done[query.Get("done")], nil)
}

// style answers GET /app.css.
func (s *Server) style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(pageStyle)
	return nil
}

// render writes the page with a page of rows and, when there is one, the
// problem on top. root leads from the request's address to the App's.
func (s *Server) render(w http.ResponseWriter, root string, number int64, done string, problem error) error {
	status := http.StatusOK
	now := s.store.snapshot()
	v := view{Root: root, Version: s.cfg.Version, Done: done, Project: now.project, HubURL: now.session.HubURL, MaxTitle: maxTitle}
	for _, p := range s.store.list() {
		v.Projects = append(v.Projects, projectLine{
			ID: p.ID, Title: p.Title, Updated: dateText(p.UpdatedAt), Open: now.project != nil && p.ID == now.project.ID, HasData: len(p.Datasets) > 0,
		})
	}
	if now.project != nil && len(now.project.Datasets) > 0 {
		data, err := s.dataView(now, number)
		if err != nil && problem == nil {
			problem = err
		}
		if data != nil {
			data.Root = root
			v.Data = data
		}
	}
	if problem != nil {
		var told serve.ErrorReply
		status, told = serve.Explain(problem)
		v.Problem = &told
		if status >= http.StatusInternalServerError {
			s.cfg.Logger.Error("page has a problem", "error", problem)
		}
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
	return nil
}

// dataView reads one page of rows. A page after the last one is the last.
func (s *Server) dataView(now snapshot, number int64) (*dataView, error) {
	if err := now.ready(); err != nil {
		return nil, err
	}
	total := now.dataset.Rows
	pages := max(1, (total+pageRows-1)/pageRows)
	number = min(number, pages)
	first := (number - 1) * pageRows
	rows, err := s.rows(now, first, pageRows, pageBytes)
	if err != nil {
		return nil, err
	}
	v := &dataView{
		Filename: now.dataset.Filename, Size: bytesText(now.dataset.Size), SHA256: now.dataset.SHA256,
		Columns: now.project.Datasets[0].Columns, Total: total, Page: number, Pages: pages, Previous: number - 1,
		First: min(first+1, total), Last: first + int64(len(rows)),
	}
	if number < pages {
		v.Next = number + 1
	}
	for i, row := range rows {
		for j, cell := range row {
			row[j] = shorten(cell)
		}
		v.Rows = append(v.Rows, rowView{Number: first + int64(i) + 1, Cells: row})
	}
	return v, nil
}

// shorten cuts a long cell between two characters.
func shorten(cell string) string {
	n := 0
	for i := range cell {
		if n++; n > cellRunes {
			return cell[:i] + "…"
		}
	}
	return cell
}

func dateText(timestamp string) string {
	t, err := time.Parse(time.RFC3339, timestamp)
	if err != nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
