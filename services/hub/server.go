package hub

import (
	"context"
	"errors"
	"net/http"

	"github.com/drover-platform/drover/services/serve"
)

// Server is a Hub.
type Server struct {
	cfg     Config
	db      *database
	keys    keys
	hashing *hasher
	http    *serve.Server
}

// New checks the settings and opens the database, which it makes when there
// is none. Whoever calls New calls [Server.Close].
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	signing, err := deriveKeys(cfg.SharedSecret)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, db: db, keys: signing, hashing: newHasher()}
	s.http = &serve.Server{Address: cfg.Listen, Handler: s.Handler(), Logger: cfg.Logger, Grace: cfg.Grace}
	return s, nil
}

// Listen binds the address.
func (s *Server) Listen() error { return s.http.Listen() }

// Addr returns the bound address, "" before [Server.Listen].
func (s *Server) Addr() string { return s.http.Addr() }

// Run serves until ctx ends and then stops gracefully: requests in flight
// get an answer, the database is checkpointed and closed.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.cfg.Logger.Info("hub listening", "address", s.Addr(), "database", s.db.path, "registration", s.cfg.Registration)
	err := errors.Join(s.http.Run(ctx), s.Close())
	s.cfg.Logger.Info("hub stopped")
	return err
}

// Close closes the listener and the database and gives its lock up. It is
// safe to call twice, and after [Server.Run].
func (s *Server) Close() error {
	return errors.Join(s.http.Close(), s.db.close())
}

// Handler returns the Hub's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f serve.HandlerFunc) {
		mux.Handle(pattern, serve.Handler(s.cfg.Logger, f))
	}
	handle("GET /{$}", s.overview)
	handle("GET /ruok", s.ruok)
	handle("POST /remote", s.remote)
	handle("POST /remote/login", s.login)
	return serve.Secure(serve.Fallback(mux))
}
