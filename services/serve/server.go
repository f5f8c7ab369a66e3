package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
)

// The defaults of [Server].
const (
	DefaultGrace   = 4 * time.Second // below Nomad's default kill_timeout of 5 s
	headerTimeout  = 10 * time.Second
	requestTimeout = 60 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeader      = 64 << 10
)

// Server serves HTTP between [Server.Listen] and the end of [Server.Run].
type Server struct {
	Address string        // host:port to listen on; port 0 takes a free one
	Handler http.Handler  // answers the requests
	Logger  hclog.Logger  // required
	Grace   time.Duration // how long a stop waits for requests; 0 is DefaultGrace

	mu       sync.Mutex
	listener net.Listener
	closed   bool
	// handlers is held for reading by every running handler and for writing,
	// for good, by a Run that has stopped.
	handlers sync.RWMutex
}

// Listen binds the address, so that a port in use is an error of the caller
// and not of a goroutine.
func (s *Server) Listen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("listen: server is closed")
	}
	if s.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		return services.Errorf(services.CodeUnavailable, "cannot listen on %q: %w", s.Address, err).
			WithHint("Use a free address of this machine as host:port, such as 127.0.0.1:0 for any free port")
	}
	s.listener = listener
	return nil
}

// Addr returns the address that the server is bound to, "" before
// [Server.Listen].
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Run serves until ctx ends, then stops: no new requests, Grace for those in
// flight, and an end to those that take longer. When it returns, no handler
// runs any more. A clean stop returns nil.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.track(s.Handler),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          s.Logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.listener) }()

	var cause error
	select {
	case err := <-served: // the listener broke, or Close was called
		if !errors.Is(err, net.ErrClosed) {
			cause = fmt.Errorf("serve http: %w", err)
		}
	case <-ctx.Done():
		grace := s.Grace
		if grace == 0 {
			grace = DefaultGrace
		}
		// ctx has ended; the stop needs a time of its own.
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			s.Logger.Warn("cutting requests that outlived the stop", "grace", grace)
		}
		<-served
	}
	_ = server.Close() // what is left are connections to cut
	s.handlers.Lock()
	return cause
}

// Close releases the address. It ends a running [Server.Run] too.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.listener == nil {
		return nil
	}
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// track lets Run wait for handlers: http.Server.Close does not, but whoever
// closes their files next must.
func (s *Server) track(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.handlers.TryRLock() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer s.handlers.RUnlock()
		next.ServeHTTP(w, r)
	})
}
