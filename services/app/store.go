package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// store is the App's folder. Its methods are safe for concurrent use; files
// are written before memory changes, so that what is seen is on disk.
type store struct {
	home      string
	maxUpload int64
	now       func() time.Time
	newID     func() string
	logger    hclog.Logger
	lock      *serve.Lock

	mu        sync.Mutex
	closed    bool
	session   session
	saved     int64               // StateSeq on disk
	projects  map[string]*Project // by ID; replaced, never changed
	datasets  map[string]*Dataset // by ID; never changed
	uploads   map[string]*upload  // by the client's uuid; never changed
	receiving map[string]bool     // uuids of uploads that are being received or finished
	kept      map[string]bool     // hashes that a broken reference names; see sweep
}

// openStore locks the folder, which it makes when there is none, and loads
// it.
func openStore(cfg Config) (*store, error) {
	s := &store{
		home: filepath.Clean(cfg.Home), maxUpload: cfg.MaxUpload, now: cfg.Now, newID: cfg.NewID, logger: cfg.Logger,
		session:  session{HubURL: cfg.HubURL},
		projects: map[string]*Project{}, datasets: map[string]*Dataset{}, uploads: map[string]*upload{},
		receiving: map[string]bool{}, kept: map[string]bool{},
	}
	for _, dir := range []string{s.home, s.dir("projects"), s.dir("datasets", "refs"), s.dir("datasets", "raw"), s.dir("datasets", "meta"), s.dir("staging")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, explainHome(s.home, err)
		}
	}
	lock, err := serve.TakeLock(s.dir("lock"), "the App's folder "+s.home)
	if err != nil {
		return nil, explainHome(s.home, err)
	}
	s.lock = lock
	if err := s.load(); err != nil {
		return nil, errors.Join(explainHome(s.home, err), lock.Close())
	}
	return s, nil
}

// explainHome says what to do when the folder cannot be used.
func explainHome(home string, err error) error {
	if errors.Is(err, os.ErrPermission) && services.ErrorCode(err) == services.CodeInternal {
		return services.Errorf(services.CodeForbidden, "the App's folder %s is not writable: %w", home, err).
			WithHint("Give the task's user the folder, or name another one")
	}
	if services.ErrorCode(err) == services.CodeInternal {
		return services.Errorf(services.CodeUnavailable, "the App's folder %s cannot be used: %w", home, err).
			WithHint("Mount the durable volume there, or name another folder")
	}
	return err
}

func (s *store) dir(parts ...string) string {
	return filepath.Join(append([]string{s.home}, parts...)...)
}

func (s *store) projectPath(id string) string { return s.dir("projects", id+hintsSuffix) }
func (s *store) rawPath(sum string) string    { return s.dir("datasets", "raw", sum) }
func (s *store) refPath(id string) string     { return s.dir("datasets", "refs", id) }
func (s *store) metaPath(id string) string    { return s.dir("datasets", "meta", id+".json") }
func (s *store) uploadPath(id string) string  { return s.dir("staging", id+".json") }

func (s *store) timestamp() string { return s.now().UTC().Format(time.RFC3339) }

// close saves what was counted since the last change and gives the folder
// up.
func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.session.StateSeq != s.saved {
		err = s.saveSession(s.session)
	}
	return errors.Join(err, s.lock.Close())
}

// snapshot is what a reply needs, taken at one moment.
type snapshot struct {
	session session
	project *Project // nil when none is open
	dataset *Dataset // nil when the project has none, or has lost it
}

func (s *store) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := snapshot{session: s.session, project: s.projects[s.session.Project]}
	if now.project != nil && len(now.project.Datasets) > 0 {
		now.dataset = s.datasets[now.project.Datasets[0].ID]
	}
	return now
}

// list returns the projects by title.
func (s *store) list() []*Project {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Project, 0, len(s.projects))
	for _, p := range s.projects {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *Project) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// create makes a project and opens it. data may be nil.
func (s *store) create(title string, data *ProjectData) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Project{Version: hintsVersion, ID: s.newID(), Title: title, CreatedAt: s.timestamp(), Datasets: []ProjectData{}, Exports: []Export{}}
	if !idPattern.MatchString(p.ID) || s.projects[p.ID] != nil {
		return errors.New("create project: the new ID is taken or not one")
	}
	if data != nil {
		p.Datasets = append(p.Datasets, *data)
	}
	if err := s.saveProject(p); err != nil {
		return err
	}
	return s.setOpen(p.ID)
}

// open opens the project with that ID or that path. Returns not_found.
func (s *store) open(ref string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.projects[ref] != nil {
		return s.setOpen(ref)
	}
	for id := range s.projects {
		if s.projectPath(id) == ref {
			return s.setOpen(id)
		}
	}
	return services.Errorf(services.CodeNotFound, "there is no project %s", quote(ref)).
		WithHint("GET /projects lists all of them")
}

// setOpen makes a project the open one. The caller holds mu.
func (s *store) setOpen(id string) error {
	next := s.session
	next.Project = id
	next.StateSeq++
	return s.saveSession(next)
}

// change changes the open project. f gets a copy; when it fails, nothing
// happened.
func (s *store) change(f func(*Project) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.projects[s.session.Project]
	if open == nil {
		return noProject()
	}
	p := open.clone()
	if err := f(&p); err != nil {
		return err
	}
	if err := s.saveProject(p); err != nil {
		return err
	}
	next := s.session
	next.StateSeq++
	return s.saveSession(next)
}

// saveProject writes a project. The caller holds mu.
func (s *store) saveProject(p Project) error {
	p.UpdatedAt = s.timestamp()
	data, err := p.encode()
	if err != nil {
		return err
	}
	if err := writeFile(s.projectPath(p.ID), data); err != nil {
		return err
	}
	s.projects[p.ID] = &p
	return nil
}

// addDataset gives the open project a dataset. No columns are all columns.
func (s *store) addDataset(id string, columns []string) error {
	return s.change(func(p *Project) error {
		dataset := s.datasets[id]
		if dataset == nil {
			return services.Errorf(services.CodeNotFound, "there is no dataset %s", quote(id)).
				WithHint("Upload it first, and use the id of the last reply")
		}
		if len(p.Datasets) > 0 && p.Datasets[0].ID != id {
			return services.Errorf(services.CodeConflict, "the project already has a dataset").
				WithHint("Make a new project for another dataset")
		}
		if _, err := dataset.pick(columns); err != nil {
			return err
		}
		if len(columns) == 0 {
			columns = dataset.Columns
		}
		p.Datasets = []ProjectData{{ID: id, Columns: columns}}
		return nil
	})
}

func noProject() error {
	return services.Errorf(services.CodeConflict, "no project is open").
		WithHint("Open one, or make one with POST /projects")
}

// writeJSON writes a value as a file of JSON.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return writeFile(path, append(data, '\n'))
}
