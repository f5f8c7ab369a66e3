package hub

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// tokenReply is what a sign-in gets.
type tokenReply struct {
	Token string `json:"token"`
}

// login answers POST /remote/login {email, password}.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := serve.ReadJSON(w, r, anonymousBody, &in); err != nil {
		return err
	}
	reply, err := s.signIn(r.Context(), in.Email, in.Password)
	if err != nil {
		return err
	}
	serve.WriteJSON(w, http.StatusOK, reply)
	return nil
}

// basicLogin answers the verb login with HTTP basic authentication, which
// clients before July 2025 send.
func (s *Server) basicLogin(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb string `json:"verb"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	email, password, ok := c.request.BasicAuth()
	if !ok {
		return nil, services.Errorf(services.CodeUnauthorized, "the verb login needs basic authentication").
			WithHint("Use POST /remote/login with email and password")
	}
	return s.signIn(ctx, email, password)
}

// signIn checks a password. An unknown account and a wrong password get the
// same answer after the same work.
func (s *Server) signIn(ctx context.Context, email, password string) (any, error) {
	wrong := services.Errorf(services.CodeUnauthorized, "the e-mail address or the password is wrong").
		WithHint("Check both, or register first")
	if len(password) > maxPassword || len(email) > maxEmail {
		return nil, wrong
	}
	user, hash, err := s.db.userWhere(ctx, "email = ?", strings.TrimSpace(email))
	switch services.ErrorCode(err) {
	case "":
	case services.CodeNotFound:
		hash = nobody
	default:
		return nil, err
	}
	ok, err := s.hashing.matches(ctx, password, hash)
	if err != nil {
		return nil, err
	}
	if !ok || user == nil {
		return nil, wrong
	}
	token, err := s.keys.signToken(user.ID, s.cfg.Now(), s.cfg.TokenLifetime)
	if err != nil {
		return nil, err
	}
	s.cfg.Logger.Debug("user signed in", "user_id", user.ID)
	return tokenReply{token}, nil
}

// register answers the verb register.
func (s *Server) register(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb string `json:"verb"`
		account
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	byAdmin := c.user != nil && c.user.Role == RoleAdmin
	if s.cfg.Registration == RegistrationToken && !byAdmin && !s.keys.enrolled(c.request) {
		return nil, services.Errorf(services.CodeForbidden, "this Hub does not let everybody register").
			WithHint("Ask its operator for the value of the header %s", EnrollmentHeader)
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	user, err := s.db.addUser(ctx, rand.Text(), in.account, hash, byAdmin, s.cfg.Now())
	if err != nil {
		return nil, err
	}
	s.cfg.Logger.Info("registered user", "user_id", user.ID, "role", user.Role)
	return user, nil
}
