package app

import (
	"regexp"
)

// idPattern is what the ID of a dataset, a project or an upload looks like.
// All of them are names of files.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)

var sumPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Dataset is a CSV file that was uploaded, checked and kept. It never
// changes.
type Dataset struct {
	ID       string `json:"id"`
	Filename string `json:"filename"` // what the person called it; never a path here
	SHA256   string `json:"sha256"`
	Size     int64  `json:"size"` // bytes
	AddedAt  string `json:"added_at"`
	table
}

// upload is a file that has arrived as a whole and is no dataset yet.
type upload struct {
	SHA256    string `json:"sha256"`
	Size      int64  `json:"size"`
	ArrivedAt string `json:"arrived_at"`
}
