package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// savedFormat is the version of saved plans. A plan is applied by the Drover
// that knows its format, or refused.
const savedFormat = 1

// savedPlan is what "plan -out" writes: the plan, and what it was computed
// for, so that applying it can look again whether anything has moved.
type savedPlan struct {
	Format  int               `json:"drover_plan"`
	Created time.Time         `json:"created"`
	Source  string            `json:"source"` // absolute path of the platform file
	Desired scheduler.Desired `json:"desired"`
	Plan    scheduler.Plan    `json:"plan"`
}

// write writes the plan, readable by its owner alone: it holds no secret, but
// says where they are.
func (s savedPlan) write(path string) error {
	text, err := json.Marshal(s)
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
	if err := json.Unmarshal(text, &plan); err != nil || plan.Format == 0 {
		return plan, true, services.Errorf(services.CodeInvalid, "%s is neither a platform file nor a saved plan", path).
			WithHint("Save one with: drover plan -out FILE PATH")
	}
	if plan.Format != savedFormat {
		return plan, true, services.Errorf(services.CodeInvalid, "%s is a saved plan of format %d; this Drover knows format %d", path, plan.Format, savedFormat).
			WithHint("Plan again with this Drover")
	}
	for _, job := range plan.Desired.Jobs {
		if job.Spec == nil || jobspecs.Hash(job.Spec) != job.Hash {
			return plan, true, services.Errorf(services.CodeInvalid, "%s was changed after it was saved: the content of job %s is not what its hash says", path, job.ID).
				WithHint("Plan again")
		}
	}
	return plan, true, nil
}
