package app

import (
	"context"
	"errors"
	"net/http"

	"github.com/drover-platform/drover/services/serve"
)

// Server is an App.
type Server struct {
	cfg   Config
	store *store
	http  *serve.Server
}

// New checks the settings, locks the folder, removes what a killed process
// left half-done, and loads the rest. Whoever calls New calls [Server.Close].
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	st, err := openStore(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, store: st}
	s.http = &serve.Server{Address: cfg.Listen, Handler: s.Handler(), Logger: cfg.Logger, Grace: cfg.Grace}
	return s, nil
}

// Listen binds the address.
func (s *Server) Listen() error { return s.http.Listen() }

// Addr returns the bound address, "" before [Server.Listen].
func (s *Server) Addr() string { return s.http.Addr() }

// Run serves until ctx ends and then stops gracefully: requests in flight
// get an answer, the session is saved and the folder's lock given up.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.cfg.Logger.Info("app listening", "address", s.Addr(), "home", s.cfg.Home)
	err := errors.Join(s.http.Run(ctx), s.Close())
	s.cfg.Logger.Info("app stopped")
	return err
}

// Close closes the listener, saves the session and gives the folder's lock
// up. It is safe to call twice, and after [Server.Run].
func (s *Server) Close() error {
	return errors.Join(s.http.Close(), s.store.close())
}

// Handler returns the App's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f serve.HandlerFunc) {
		mux.Handle(pattern, serve.Handler(s.cfg.Logger, f))
	}
	handle("POST /api", s.api)
	handle("POST /api/_stream/{uuid}/{part}/{last}", s.receive)
	handle("POST /api/_stream/{uuid}", s.finish)
	handle("GET /projects", s.listProjects)
	handle("POST /projects", s.openByBody)
	handle("POST /projects/{id}/open", s.openByID)
	handle("GET /export_stream", s.exportStream)
	handle("GET /export_project", s.exportProject)
	handle("GET /config", s.config)
	handle("POST /config", s.setConfig)
	handle("POST /set_hub_url", s.setHubURL)
	handle("GET /{$}", s.home)
	handle("GET /app.css", s.style)
	handle("POST /ui/import", s.form(s.importForm))
	handle("POST /ui/new", s.form(s.newForm))
	handle("POST /ui/open", s.form(s.openForm))
	handle("POST /ui/title", s.form(s.titleForm))
	return serve.Secure(serve.Fallback(mux))
}
