package app

import (
	"fmt"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/drover-platform/drover/services/serve"
)

// exportStream answers GET /export_stream with the dataset of the open
// project, byte for byte as it was uploaded.
func (s *Server) exportStream(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if _, err := mode(query.Get("mode")); err != nil {
		return err
	}
	if name := query.Get("content-type"); name != "" && name != contentType {
		return noType(name)
	}
	now := s.store.snapshot()
	if err := now.ready(); err != nil {
		return err
	}
	file, err := os.Open(s.store.rawPath(now.dataset.SHA256))
	if err != nil {
		return storageError(err)
	}
	defer file.Close()
	s.store.touch()
	name := now.dataset.Filename
	if wanted := query.Get("filename"); wanted != "" {
		name = cleanFilename(wanted)
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("ETag", `"`+now.dataset.SHA256+`"`)
	attach(h, name)
	// ServeContent answers ranges and conditions too; the ETag is the state,
	// so there is no time of modification.
	http.ServeContent(serve.Writer(w), r, "", time.Time{}, file)
	return nil
}

// attach makes a reply a download with that name.
func attach(h http.Header, name string) {
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "private, no-cache")
}

// exportedProject is a project and what its dataset was, in one file. The
// data themselves come from GET /export_stream, or with the volume's backup.
type exportedProject struct {
	Format string `json:"format"`
	Project
	Files []exportedFile `json:"files"`
}

// exportedFile describes a dataset by what identifies it.
type exportedFile struct {
	ID       string   `json:"id"`
	Filename string   `json:"filename"`
	SHA256   string   `json:"sha256"`
	Size     int64    `json:"size"`
	Columns  []string `json:"columns"`
	Rows     int64    `json:"rows"`
}

// exportProject answers GET /export_project with one consolidated .hints file.
func (s *Server) exportProject(w http.ResponseWriter, _ *http.Request) error {
	now := s.store.snapshot()
	if now.project == nil {
		return noProject()
	}
	out := exportedProject{Format: "watchful-hints", Project: *now.project, Files: []exportedFile{}}
	if len(now.project.Datasets) > 0 {
		if err := now.ready(); err != nil {
			return err
		}
		d := now.dataset
		out.Files = append(out.Files, exportedFile{ID: d.ID, Filename: d.Filename, SHA256: d.SHA256, Size: d.Size, Columns: d.Columns, Rows: d.Rows})
	}
	s.store.touch()
	attach(w.Header(), strings.ReplaceAll(cleanFilename(now.project.Title), `"`, "")+hintsSuffix)
	serve.WriteJSON(w, http.StatusOK, out)
	return nil
}

// bytesText writes a size for people.
func bytesText(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d %s", n, units[0])
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
