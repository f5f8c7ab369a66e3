package app

import (
	"net/http"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// settings is the reply of GET /config. Nobody is signed in to the Hub
// through an App yet, so that all but remote is empty; and a token would
// never be shown.
type settings struct {
	Remote        string `json:"remote"`
	Username      string `json:"username"`
	Role          string `json:"role"`
	Authorization string `json:"authorization"`
}

// config answers GET /config.
func (s *Server) config(w http.ResponseWriter, _ *http.Request) error {
	serve.WriteJSON(w, http.StatusOK, settings{Remote: s.store.snapshot().session.HubURL})
	return nil
}

// setConfig answers POST /config {verb:"set", key, value}.
func (s *Server) setConfig(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Verb  string `json:"verb"`
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	if err := serve.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	if in.Verb != "set" || in.Key != "remote" {
		return services.Errorf(services.CodeInvalid, "the verb %s with the key %s is not possible", quote(in.Verb), quote(in.Key)).
			WithHint("Use the verb set with the key remote")
	}
	return s.keepHub(w, r, in.Value)
}

// setHubURL answers POST /set_hub_url, whose body is the address.
func (s *Server) setHubURL(w http.ResponseWriter, r *http.Request) error {
	body, err := serve.ReadBody(w, r, maxBody, "text/plain")
	if err != nil {
		return err
	}
	return s.keepHub(w, r, string(body))
}

func (s *Server) keepHub(w http.ResponseWriter, r *http.Request, text string) error {
	address, err := parseHubURL(text)
	if err != nil {
		return err
	}
	if err := s.store.setHub(address); err != nil {
		return err
	}
	return s.config(w, r)
}
