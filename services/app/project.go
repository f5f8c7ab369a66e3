package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-platform/drover/services"
)

const (
	hintsVersion  = 1
	hintsSuffix   = ".hints"
	untitled      = "Untitled project"
	maxTitle      = 200 // bytes
	maxExports    = 1000
	contentType   = "text/csv"
	maxFilename   = 255 // bytes
	defaultExport = "data"
)

// Project is one labelling project, as its .hints file holds it.
type Project struct {
	Version   int           `json:"version"`
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	CreatedAt string        `json:"created_at"`
	UpdatedAt string        `json:"updated_at"`
	Datasets  []ProjectData `json:"datasets"` // at most one
	Exports   []Export      `json:"exports"`
}

// ProjectData is the use that a project makes of a dataset.
type ProjectData struct {
	ID      string   `json:"id"`
	Columns []string `json:"columns"` // the ones it uses, in this order
}

// Export is an export that was asked for with the verb export.
type Export struct {
	ContentType string `json:"content_type"`
	Mode        string `json:"mode"`
	URL         string `json:"url"` // where to get it, relative to the App's address
}

// clone returns a copy that shares nothing with p that changes.
func (p Project) clone() Project {
	p.Datasets = slices.Clone(p.Datasets)
	p.Exports = slices.Clone(p.Exports)
	return p
}

// encode returns the content of the .hints file.
func (p Project) encode() ([]byte, error) {
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode project: %w", err)
	}
	return append(data, '\n'), nil
}

// decodeProject reads a .hints file named for an ID.
func decodeProject(data []byte, id string) (*Project, error) {
	var p Project
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("decode project: %w", err)
	}
	if p.Version != hintsVersion {
		return nil, fmt.Errorf("decode project: version %d, and this program knows %d", p.Version, hintsVersion)
	}
	if p.ID != id || len(p.Datasets) > 1 {
		return nil, fmt.Errorf("decode project: not the project %q, or more than one dataset", id)
	}
	return &p, nil
}

// checkTitle returns a title without spaces around it.
func checkTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	if title == "" || len(title) > maxTitle || !utf8.ValidString(title) || strings.ContainsFunc(title, unicode.IsControl) {
		return "", services.Errorf(services.CodeInvalid, "the title is empty, longer than %d bytes, or not one line of text", maxTitle).
			WithHint("Give the project a title of 1 to %d bytes", maxTitle)
	}
	return title, nil
}

// titleFrom makes a title of a file's name.
func titleFrom(filename string) string {
	title, err := checkTitle(strings.TrimSuffix(cleanFilename(filename), ".csv"))
	if err != nil {
		return untitled
	}
	return title
}

// cleanFilename keeps of a client's file name what is a name: the last part
// of a path of any system, without control characters, not too long.
func cleanFilename(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name)
	for len(name) > maxFilename {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name = strings.TrimSpace(name); name == "" || name == "." || name == ".." {
		return "dataset.csv"
	}
	return name
}
