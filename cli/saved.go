package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// savedFormat is the version of saved plans. A plan is applied by the Drover
// that knows its format, or refused.
const savedFormat = 1

// savedPlan is what "plan -out" writes: the plan, and what it was computed
// for, so that applying it can look again whether anything has moved.
type savedPlan struct {
	Created time.Time         `json:"created"`
	Source  string            `json:"source"`           // absolute path of the platform file
	Region  string            `json:"region,omitempty"` // Nomad's; "" is the server's own
	Desired scheduler.Desired `json:"desired"`
	Plan    scheduler.Plan    `json:"plan"`
}

// savedFile is the file around a saved plan. The digest finds damage and
// edits: what was reviewed is what is applied.
type savedFile struct {
	Format int             `json:"drover_plan"`
	SHA256 string          `json:"sha256"` // of Body, in hexadecimal
	Body   json.RawMessage `json:"body"`   // a savedPlan
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// write writes the plan, readable by its owner alone: it holds no secret, but
// says where they are.
func (s savedPlan) write(path string) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	text, err := json.Marshal(savedFile{savedFormat, digest(body), body})
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".plan-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // gone after the rename
	if _, err := temp.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// readSaved reads a saved plan. ok is false when the path is no saved plan but,
// by its looks, a platform file or a folder.
func readSaved(path string) (plan savedPlan, ok bool, err error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return plan, false, nil // loading it as a platform says what is wrong
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return plan, false, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return plan, false, nil
	}
	var file savedFile
	if err := json.Unmarshal(text, &file); err != nil || file.Format == 0 {
		return plan, true, services.Errorf(services.CodeInvalid, "%s is neither a platform file nor a saved plan", path).
			WithHint("Save one with: drover plan -out FILE PATH")
	}
	if file.Format != savedFormat {
		return plan, true, services.Errorf(services.CodeInvalid, "%s is a saved plan of format %d; this Drover knows format %d", path, file.Format, savedFormat).
			WithHint("Plan again with this Drover")
	}
	if digest(file.Body) != file.SHA256 {
		return plan, true, services.Errorf(services.CodeInvalid, "%s was changed after it was saved", path).WithHint("Plan again")
	}
	if err := json.Unmarshal(file.Body, &plan); err != nil {
		return plan, true, services.Errorf(services.CodeInvalid, "%s is not a plan that this Drover saved: %w", path, err).WithHint("Plan again")
	}
	return plan, true, nil
}
