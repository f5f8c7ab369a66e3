package hub

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// fetchReply lists the shared projects.
type fetchReply struct {
	Projects []Project `json:"projects"`
}

// pullReply is a revision with its content.
type pullReply struct {
	*Project
	Content string `json:"content"`
}

// publish answers {verb, title, content}: it shares a new project.
func (s *Server) publish(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb    string `json:"verb"`
		Title   string `json:"title"`
		Content string `json:"content"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	in.Title = strings.TrimSpace(in.Title)
	if err := checkText("title", in.Title, maxTitle); err != nil {
		return nil, err
	}
	if err := checkContent(in.Content); err != nil {
		return nil, err
	}
	rev := revision{project: rand.Text(), number: 1, title: in.Title, author: c.user.ID, content: []byte(in.Content)}
	if err := s.db.publish(ctx, rev, s.cfg.Revisions, s.cfg.Now()); err != nil {
		return nil, err
	}
	s.cfg.Logger.Info("published project", "project", rev.project, "user_id", c.user.ID, "bytes", len(rev.content))
	return s.db.project(ctx, rev.project, rev.number)
}

// push answers {verb, id, revision, content[, title]}: it adds a revision on
// top of the one named.
func (s *Server) push(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb     string `json:"verb"`
		ID       string `json:"id"`
		Revision int64  `json:"revision"`
		Title    string `json:"title"`
		Content  string `json:"content"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := checkID(in.ID); err != nil {
		return nil, err
	}
	if in.Revision < 1 {
		return nil, services.Errorf(services.CodeInvalid, "revision is missing").
			WithHint("Send the revision that your changes are based on; peek tells the current one")
	}
	if in.Title = strings.TrimSpace(in.Title); in.Title != "" {
		if err := checkText("title", in.Title, maxTitle); err != nil {
			return nil, err
		}
	}
	if err := checkContent(in.Content); err != nil {
		return nil, err
	}
	rev := revision{project: in.ID, number: in.Revision + 1, title: in.Title, author: c.user.ID, content: []byte(in.Content)}
	if err := s.db.push(ctx, rev, s.cfg.Revisions, s.cfg.Now()); err != nil {
		return nil, err
	}
	s.cfg.Logger.Info("pushed project", "project", rev.project, "revision", rev.number, "user_id", c.user.ID, "bytes", len(rev.content))
	// The very revision that was stored: by now it may not be the current one.
	return s.db.project(ctx, rev.project, rev.number)
}

// fetch answers {verb}: every shared project, without content.
func (s *Server) fetch(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb string `json:"verb"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	projects, err := s.db.projects(ctx)
	return fetchReply{projects}, err
}

// peek answers {verb, id}: the current revision, without content.
func (s *Server) peek(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb string `json:"verb"`
		ID   string `json:"id"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := checkID(in.ID); err != nil {
		return nil, err
	}
	return s.db.project(ctx, in.ID, 0)
}

// pull answers {verb, id[, revision]}: a revision with its content.
func (s *Server) pull(ctx context.Context, c call) (any, error) {
	var in struct {
		Verb     string `json:"verb"`
		ID       string `json:"id"`
		Revision int64  `json:"revision"`
	}
	if err := serve.Decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := checkID(in.ID); err != nil {
		return nil, err
	}
	project, err := s.db.project(ctx, in.ID, in.Revision)
	if err != nil {
		return nil, err
	}
	content, err := s.db.content(ctx, in.ID, project.Revision)
	if err != nil {
		return nil, err
	}
	return pullReply{project, string(content)}, nil
}

func checkID(id string) error {
	if id == "" {
		return services.Errorf(services.CodeInvalid, "id is missing").WithHint("The verb fetch lists the IDs")
	}
	return nil
}

func checkContent(content string) error {
	if content == "" {
		return services.Errorf(services.CodeInvalid, "content is missing").WithHint("Send the project's file as a string")
	}
	return nil
}
