package app

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// formFunc does what a form of the page asks for and returns a key of done.
type formFunc func(http.ResponseWriter, *http.Request) (string, error)

// form runs a form and goes back to the page, or shows the page with what
// went wrong. The way back is relative: behind a proxy the page may be at any
// path.
func (s *Server) form(f formFunc) serve.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		key, err := f(w, r)
		if err != nil {
			return s.render(w, "../", 1, "", err)
		}
		w.Header().Set("Location", "../?done="+key)
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
}

// newForm makes an empty project.
func (s *Server) newForm(w http.ResponseWriter, r *http.Request) (string, error) {
	title, err := formValue(w, r, "title")
	if err != nil {
		return "", err
	}
	if title, err = checkTitle(cmp.Or(strings.TrimSpace(title), untitled)); err != nil {
		return "", err
	}
	return "created", s.store.create(title, nil)
}

// openForm opens a project.
func (s *Server) openForm(w http.ResponseWriter, r *http.Request) (string, error) {
	id, err := formValue(w, r, "id")
	if err != nil {
		return "", err
	}
	return "opened", s.store.open(id)
}

// titleForm names the open project.
func (s *Server) titleForm(w http.ResponseWriter, r *http.Request) (string, error) {
	title, err := formValue(w, r, "title")
	if err != nil {
		return "", err
	}
	return "titled", s.store.rename(title)
}

// formValue reads one field of a short form.
func formValue(w http.ResponseWriter, r *http.Request, name string) (string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return "", serve.BodyError(err)
	}
	return r.PostForm.Get(name), nil
}

// importForm takes a title and a CSV file and makes a project of them. The
// file goes to the volume as it arrives.
func (s *Server) importForm(w http.ResponseWriter, r *http.Request) (string, error) {
	r.Body = io.NopCloser(serve.Reader(w, http.MaxBytesReader(w, r.Body, s.cfg.MaxUpload)))
	parts, err := r.MultipartReader()
	if err != nil {
		return "", services.Errorf(services.CodeInvalid, "the form has no file: %w", err).WithHint("Use the form on the page")
	}
	var title string
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return "", services.Errorf(services.CodeInvalid, "no file was chosen").WithHint("Choose a CSV file")
		}
		if err != nil {
			return "", serve.BodyError(err)
		}
		switch part.FormName() {
		case "title":
			text, err := io.ReadAll(io.LimitReader(part, maxTitle+1))
			if err != nil {
				return "", serve.BodyError(err)
			}
			title = string(text)
		case "file":
			return "imported", s.importFile(title, part)
		default:
			return "", services.Errorf(services.CodeInvalid, "the form has an unknown field %s", quote(part.FormName())).WithHint("Use the form on the page")
		}
	}
}

// importFile makes a project of an uploaded file.
func (s *Server) importFile(title string, part *multipart.Part) error {
	filename := part.FileName()
	if filename == "" {
		return services.Errorf(services.CodeInvalid, "no file was chosen").WithHint("Choose a CSV file")
	}
	title = strings.TrimSpace(title)
	if title == "" {
		title = titleFrom(filename)
	}
	title, err := checkTitle(title)
	if err != nil {
		return err
	}
	id := strings.ToLower(rand.Text())
	if err := s.store.receive(id, part); err != nil {
		return err
	}
	dataset, err := s.store.finish(id, filename)
	if err != nil {
		return err
	}
	err = s.store.create(title, &ProjectData{ID: dataset.ID, Columns: dataset.Columns})
	if err != nil {
		return errors.Join(err, s.store.dropDataset(dataset.ID))
	}
	return nil
}
