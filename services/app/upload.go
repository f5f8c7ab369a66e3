package app

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// receive answers POST /api/_stream/{uuid}/0/true: it takes a CSV file under
// a name that the client chooses.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("part") != "0" || r.PathValue("last") != "true" {
		return services.Errorf(services.CodeInvalid, "an upload comes in one request").
			WithHint("Send the whole file to /api/_stream/%s/0/true", "{uuid}")
	}
	if err := serve.CheckType(r, contentType); err != nil {
		return err
	}
	body := serve.Reader(w, http.MaxBytesReader(w, r.Body, s.cfg.MaxUpload))
	if err := s.store.receive(r.PathValue("uuid"), body); err != nil {
		return err
	}
	serve.WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// finish answers POST /api/_stream/{uuid} {filename, has_header}: it checks
// the file and makes it a dataset.
func (s *Server) finish(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Filename  string `json:"filename"`
		HasHeader *bool  `json:"has_header"`
	}
	if err := serve.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	if in.HasHeader != nil && !*in.HasHeader {
		return services.Errorf(services.CodeInvalid, "has_header is false, and a dataset needs a header").
			WithHint("Name the columns in the first line and upload the file again")
	}
	dataset, err := s.store.finish(r.PathValue("uuid"), in.Filename)
	if err != nil {
		return err
	}
	serve.WriteJSON(w, http.StatusOK, struct {
		ID string `json:"id"`
	}{dataset.ID})
	return nil
}

// begin reserves an upload's name for one request.
func (s *store) begin(id string) error {
	if !idPattern.MatchString(id) {
		return services.Errorf(services.CodeInvalid, "%s is not the name of an upload", quote(id)).
			WithHint("Choose a UUID, or up to 64 letters, digits and dashes")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.receiving[id] {
		return services.Errorf(services.CodeConflict, "the upload %s is still in progress", id).
			WithHint("Wait until it has ended, or choose another name")
	}
	s.receiving[id] = true
	return nil
}

func (s *store) endUpload(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.receiving, id)
}

// receive writes an upload to the volume. When it returns nil the upload is
// durable. An upload that came before under the same name and is no dataset
// yet is replaced.
func (s *store) receive(id string, body io.Reader) error {
	if err := s.begin(id); err != nil {
		return err
	}
	defer s.endUpload(id)
	s.mu.Lock()
	taken := s.datasets[id] != nil
	s.mu.Unlock()
	if taken {
		return services.Errorf(services.CodeConflict, "there is a dataset %s already", id).
			WithHint("Choose another name for the upload")
	}
	file, err := os.CreateTemp(s.dir("staging"), tempPrefix)
	if err != nil {
		return storageError(err)
	}
	sum := sha256.New()
	size, err := copyBody(io.MultiWriter(file, sum), body)
	if err != nil {
		return errors.Join(err, discard(file))
	}
	return s.keepUpload(id, file, &upload{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: size, ArrivedAt: s.timestamp()})
}

// copyBody copies a request's body to the volume and tells whose fault an
// error is.
func copyBody(volume io.Writer, body io.Reader) (int64, error) {
	buffer := make([]byte, 64<<10)
	var size int64
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := volume.Write(buffer[:n]); err != nil {
				return size, storageError(err)
			}
			size += int64(n)
		}
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return size, serve.BodyError(err)
		}
	}
}

// keepUpload puts a received file below raw and records the upload.
func (s *store) keepUpload(id string, file *os.File, up *upload) error {
	// The data go to the disk before the lock is taken: that may take long.
	if err := file.Sync(); err != nil {
		return errors.Join(storageError(err), discard(file))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := place(file, s.rawPath(up.SHA256)); err != nil {
		return err
	}
	before := s.uploads[id]
	if err := writeJSON(s.uploadPath(id), up); err != nil {
		return errors.Join(err, s.release(up.SHA256))
	}
	s.uploads[id] = up
	s.session.StateSeq++
	if before != nil {
		return s.release(before.SHA256)
	}
	return nil
}

// release removes a file that nothing names any more. The caller holds mu.
func (s *store) release(sum string) error {
	if s.used(sum) {
		return nil
	}
	return remove(s.rawPath(sum))
}

// finish checks an upload and makes it a dataset of the same name. Asked
// again, it returns the same dataset. A file that is no good is removed.
func (s *store) finish(id, filename string) (*Dataset, error) {
	if err := s.begin(id); err != nil {
		return nil, err
	}
	defer s.endUpload(id)
	s.mu.Lock()
	done, up := s.datasets[id], s.uploads[id]
	s.mu.Unlock()
	if done != nil {
		return done, nil
	}
	if up == nil {
		return nil, services.Errorf(services.CodeNotFound, "there is no upload %s", id).
			WithHint("Send the file to /api/_stream/%s/0/true first", id)
	}
	found, err := s.scan(up.SHA256)
	if services.ErrorCode(err) == services.CodeInvalid {
		return nil, errors.Join(err, s.dropUpload(id, up))
	}
	if err != nil {
		return nil, err
	}
	return s.keepDataset(&Dataset{
		ID: id, Filename: cleanFilename(filename), SHA256: up.SHA256, Size: up.Size, AddedAt: s.timestamp(), table: *found,
	})
}

// scan checks a file below raw.
func (s *store) scan(sum string) (*table, error) {
	file, err := os.Open(s.rawPath(sum))
	if err != nil {
		return nil, storageError(err)
	}
	defer file.Close()
	return scanTable(bufio.NewReader(file))
}

// keepDataset writes the description and then the reference, which makes it
// a dataset. The upload's record goes last: without it the dataset stands.
func (s *store) keepDataset(dataset *Dataset) (*Dataset, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := writeJSON(s.metaPath(dataset.ID), dataset); err != nil {
		return nil, err
	}
	// No line end: clients take the whole first line for the file's name.
	if err := writeFile(s.refPath(dataset.ID), []byte(dataset.SHA256)); err != nil {
		return nil, err
	}
	s.datasets[dataset.ID] = dataset
	delete(s.uploads, dataset.ID)
	s.session.StateSeq++
	s.logger.Info("added dataset", "dataset", dataset.ID, "rows", dataset.Rows, "columns", len(dataset.Columns), "bytes", dataset.Size)
	return dataset, remove(s.uploadPath(dataset.ID))
}

// dropUpload forgets an upload that is no good.
func (s *store) dropUpload(id string, up *upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := remove(s.uploadPath(id)); err != nil {
		return err
	}
	delete(s.uploads, id)
	return s.release(up.SHA256)
}

// dropDataset removes a dataset that no project got. It takes the reference
// first: without it there is no dataset, whatever else is left.
func (s *store) dropDataset(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dataset := s.datasets[id]
	if dataset == nil {
		return nil
	}
	for _, p := range s.projects { // it may be there although its making failed at the end
		if len(p.Datasets) > 0 && p.Datasets[0].ID == id {
			return nil
		}
	}
	if err := remove(s.refPath(id)); err != nil {
		return err
	}
	delete(s.datasets, id)
	return errors.Join(remove(s.metaPath(id)), s.release(dataset.SHA256))
}
