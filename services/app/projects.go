package app

import (
	"net/http"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// projectEntry is one project in the list of GET /projects.
type projectEntry struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Path   string `json:"path"` // of its file on the App's volume
	Shared bool   `json:"shared"`
}

// newProject is what a client sends to POST /projects in place of a path to
// get a new project.
const newProject = "new"

// listProjects answers GET /projects.
func (s *Server) listProjects(w http.ResponseWriter, _ *http.Request) error {
	entries := []projectEntry{}
	for _, p := range s.store.list() {
		entries = append(entries, projectEntry{ID: p.ID, Title: p.Title, Path: s.store.projectPath(p.ID)})
	}
	serve.WriteJSON(w, http.StatusOK, entries)
	return nil
}

// openByBody answers POST /projects, whose body is a JSON string: "new", or
// the path or ID of a project. No body is "new".
func (s *Server) openByBody(w http.ResponseWriter, r *http.Request) error {
	ref, err := reference(w, r)
	if err != nil {
		return err
	}
	if ref == "" || ref == newProject {
		err = s.store.create(untitled, nil)
	} else {
		err = s.store.open(ref)
	}
	return opened(w, err)
}

// openByID answers POST /projects/{id}/open. The body may name the project's
// path, which then must be this project's.
func (s *Server) openByID(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	ref, err := reference(w, r)
	if err != nil {
		return err
	}
	if ref != "" && ref != id && ref != s.store.projectPath(id) {
		return services.Errorf(services.CodeConflict, "the path of the body is not that of the project %s", quote(id)).
			WithHint("GET /projects lists the path of each project")
	}
	return opened(w, s.store.open(id))
}

// reference reads a body that is a JSON string or empty.
func reference(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.ContentLength == 0 { // then its type means nothing
		return "", nil
	}
	body, err := serve.ReadBody(w, r, maxBody, "application/json")
	if err != nil || len(body) == 0 {
		return "", err
	}
	var ref string
	return ref, serve.Decode(body, &ref)
}

// opened answers as the contract does: a JSON string and a line end.
func opened(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	serve.WriteJSON(w, http.StatusOK, "OK")
	return nil
}
