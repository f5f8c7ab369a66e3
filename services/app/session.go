package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// session is what outlives a restart beside projects and datasets.
type session struct {
	Project  string `json:"project,omitempty"` // the ID of the open one
	HubURL   string `json:"hub_url,omitempty"`
	StateSeq int64  `json:"state_seq"`
}

func (s *store) sessionPath() string { return filepath.Join(s.home, "session.json") }

// loadSession reads the session. A missing or broken one is an empty one:
// projects are not lost with it.
func (s *store) loadSession() error {
	data, err := os.ReadFile(s.sessionPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return storageError(err)
	}
	if err := json.Unmarshal(data, &s.session); err != nil {
		s.logger.Warn("starting with an empty session", "path", s.sessionPath(), "error", err)
		s.session = session{}
	}
	if s.projects[s.session.Project] == nil {
		s.session.Project = ""
	}
	return nil
}

// saveSession writes next as the session. The caller holds mu.
func (s *store) saveSession(next session) error {
	data, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	if err := writeFile(s.sessionPath(), append(data, '\n')); err != nil {
		return err
	}
	s.session, s.saved = next, next.StateSeq
	return nil
}

// touch counts something that somebody did and that changed no file. It is
// saved with the next change, or when the App stops.
func (s *store) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session.StateSeq++
}

// setHub stores the Hub's address.
func (s *store) setHub(address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.session
	next.HubURL = address
	next.StateSeq++
	return s.saveSession(next)
}
