package app

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// uploadLife is how long an upload waits to become a dataset.
const uploadLife = 24 * time.Hour

// load reads the folder and removes what a process that was killed left
// half-done. What is there and cannot be read is logged and left alone: a
// broken file may be somebody's only copy.
func (s *store) load() error {
	for _, step := range []func() error{s.loadDatasets, s.loadUploads, s.sweepRaw, s.loadProjects, s.loadSession} {
		if err := step(); err != nil {
			return err
		}
	}
	s.saved = s.session.StateSeq
	_, err := names(s.home) // removes an unfinished session
	return err
}

// loadDatasets loads every dataset that has a reference, and removes
// descriptions that have none.
func (s *store) loadDatasets() error {
	refs, err := names(s.dir("datasets", "refs"))
	if err != nil {
		return err
	}
	referenced := map[string]bool{}
	for _, id := range refs {
		referenced[id] = true
		dataset, sum, err := s.loadDataset(id)
		if err != nil {
			s.kept[sum] = true
			s.logger.Error("dataset cannot be used", "dataset", id, "error", err)
			continue
		}
		s.datasets[id] = dataset
	}
	metas, err := names(s.dir("datasets", "meta"))
	if err != nil {
		return err
	}
	for _, name := range metas {
		id, ok := strings.CutSuffix(name, ".json")
		if ok && !referenced[id] {
			if err := remove(s.metaPath(id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadDataset returns a dataset and the hash that its reference names.
func (s *store) loadDataset(id string) (*Dataset, string, error) {
	ref, err := os.ReadFile(s.refPath(id))
	if err != nil {
		return nil, "", err
	}
	sum := strings.TrimSpace(string(ref))
	if !sumPattern.MatchString(sum) {
		return nil, "", fmt.Errorf("reference is not a SHA-256")
	}
	meta, err := os.ReadFile(s.metaPath(id))
	if err != nil {
		return nil, sum, err
	}
	var dataset Dataset
	if err := json.Unmarshal(meta, &dataset); err != nil {
		return nil, sum, fmt.Errorf("decode description: %w", err)
	}
	info, err := os.Stat(s.rawPath(sum))
	if err != nil {
		return nil, sum, err
	}
	pages := (dataset.Rows + indexEvery - 1) / indexEvery
	if dataset.ID != id || dataset.SHA256 != sum || dataset.Size != info.Size() || int64(len(dataset.Index)) != pages || len(dataset.Columns) == 0 {
		return nil, sum, fmt.Errorf("description and file do not belong together")
	}
	return &dataset, sum, nil
}

// loadUploads loads uploads that wait, and forgets those that waited too
// long.
func (s *store) loadUploads() error {
	staged, err := names(s.dir("staging"))
	if err != nil {
		return err
	}
	for _, name := range staged {
		id, ok := strings.CutSuffix(name, ".json")
		if !ok || !idPattern.MatchString(id) {
			continue
		}
		data, err := os.ReadFile(s.uploadPath(id))
		if err != nil {
			return storageError(err)
		}
		var up upload
		arrived := time.Time{}
		if err := json.Unmarshal(data, &up); err == nil {
			arrived, _ = time.Parse(time.RFC3339, up.ArrivedAt) // the zero time is long ago
		}
		if s.datasets[id] != nil || s.now().Sub(arrived) > uploadLife {
			if err := remove(s.uploadPath(id)); err != nil {
				return err
			}
			continue
		}
		s.uploads[id] = &up
	}
	return nil
}

// sweepRaw removes files that neither a dataset nor an upload names.
func (s *store) sweepRaw() error {
	sums, err := names(s.dir("datasets", "raw"))
	if err != nil {
		return err
	}
	for _, sum := range sums {
		if !sumPattern.MatchString(sum) || s.used(sum) {
			continue
		}
		if err := remove(s.rawPath(sum)); err != nil {
			return err
		}
		s.logger.Info("removed an upload that was never finished", "sha256", sum)
	}
	return nil
}

// used reports whether a dataset, an upload or a broken reference names a
// file. The caller holds mu, or nobody else has the store yet.
func (s *store) used(sum string) bool {
	if s.kept[sum] {
		return true
	}
	for _, dataset := range s.datasets {
		if dataset.SHA256 == sum {
			return true
		}
	}
	for _, up := range s.uploads {
		if up.SHA256 == sum {
			return true
		}
	}
	return false
}

// loadProjects loads every project that can be read.
func (s *store) loadProjects() error {
	files, err := names(s.dir("projects"))
	if err != nil {
		return err
	}
	for _, name := range files {
		id, ok := strings.CutSuffix(name, hintsSuffix)
		if !ok || !idPattern.MatchString(id) {
			continue
		}
		data, err := os.ReadFile(s.projectPath(id))
		if err != nil {
			return storageError(err)
		}
		project, err := decodeProject(data, id)
		if err != nil {
			s.logger.Error("project cannot be used", "path", s.projectPath(id), "error", err)
			continue
		}
		s.projects[id] = project
	}
	return nil
}
