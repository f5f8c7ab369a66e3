package hub

import (
	"context"
	"net/http"
	"strings"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// anonymousBody bounds the body of a request without a valid token, in bytes.
const anonymousBody = 64 << 10

// call is one request to POST /remote.
type call struct {
	request *http.Request
	body    []byte
	user    *User // nil without a token
}

// verb does what a request asks for and returns the reply's body.
type verb func(context.Context, call) (any, error)

// verbNames are the verbs, as an error lists them.
var verbNames = []string{"fetch", "login", "peek", "publish", "pull", "push", "register", "whoami"}

// verb returns the verb of that name, and whether it needs a token.
func (s *Server) verb(name string) (run verb, needsToken bool) {
	switch name {
	case "login":
		return s.basicLogin, false
	case "register":
		return s.register, false
	case "whoami":
		return s.whoami, true
	case "publish":
		return s.publish, true
	case "fetch":
		return s.fetch, true
	case "pull":
		return s.pull, true
	case "push":
		return s.push, true
	case "peek":
		return s.peek, true
	}
	return nil, false
}

// remote answers POST /remote {verb, ...}.
func (s *Server) remote(w http.ResponseWriter, r *http.Request) error {
	user, err := s.identify(r.Context(), r)
	if err != nil {
		return err
	}
	limit := int64(anonymousBody)
	if user != nil {
		limit = s.cfg.MaxBody
	}
	body, err := serve.ReadBody(w, r, limit, "application/json")
	if err != nil {
		return err
	}
	name, err := serve.Verb(body)
	if err != nil {
		return err
	}
	run, needsToken := s.verb(name)
	if run == nil {
		return services.Errorf(services.CodeInvalid, "the verb %q is unknown", name).
			WithHint("Use one of %s", strings.Join(verbNames, ", "))
	}
	if needsToken && user == nil {
		return services.Errorf(services.CodeUnauthorized, "the verb %s needs a token", name).
			WithHint("Sign in with POST /remote/login and send the header Authorization: Bearer <token>")
	}
	reply, err := run(r.Context(), call{request: r, body: body, user: user})
	if err != nil {
		return err
	}
	serve.WriteJSON(w, http.StatusOK, reply)
	return nil
}

func (s *Server) whoami(_ context.Context, c call) (any, error) {
	var in struct {
		Verb string `json:"verb"`
	}
	return c.user, serve.Decode(c.body, &in)
}
