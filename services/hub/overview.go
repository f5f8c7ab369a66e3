package hub

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"time"

	"github.com/drover-platform/drover/services"
)

//go:embed overview.html
var overviewHTML string

var overviewPage = template.Must(template.New("overview").Parse(overviewHTML))

// health bounds how long the database may take to answer GET /ruok. The
// check's period is five seconds.
const health = 2 * time.Second

// ruok answers "imok" when the database does.
func (s *Server) ruok(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.counts(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("imok\n"))
	return nil
}

// counts is all that the Hub tells somebody who is not signed in.
type counts struct {
	Users, Projects int
}

func (s *Server) counts(ctx context.Context) (counts, error) {
	ctx, cancel := context.WithTimeout(ctx, health)
	defer cancel()
	var n counts
	err := s.db.readers.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM projects)").Scan(&n.Users, &n.Projects)
	if err != nil {
		return n, &services.Error{
			Code:    services.CodeUnavailable,
			Message: "the database does not answer",
			Hint:    "Look at the volume of the Hub and at its log",
			Err:     err,
		}
	}
	return n, nil
}

// overview answers GET /.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	n, err := s.counts(r.Context())
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := overviewPage.Execute(&page, struct {
		counts
		Version string
		Open    bool
		Header  string
	}{n, s.cfg.Version, s.cfg.Registration == RegistrationOpen, EnrollmentHeader}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes())
	return nil
}
