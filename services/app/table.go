package app

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-platform/drover/services"
)

const (
	maxColumns = 4096
	maxColumn  = 255  // bytes of a column's name
	indexEvery = 1024 // rows between two entries of the index
)

var columnPattern = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*$`)

// table is what is known about a CSV file that was checked from its first to
// its last byte.
type table struct {
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"` // without the header
	// Index holds the offset in bytes of each 1024th row from the first, so
	// that a page in the middle needs no reading from the start.
	Index []int64 `json:"index"`
}

// scanTable checks a CSV file and describes it. Its memory is that of one
// record and the index. Errors are [services.Error] with line, column and
// what to do, except for those of reading.
func scanTable(r io.Reader) (*table, error) {
	s := newScanner(r, 0)
	switch err := s.next(); err {
	case nil:
	case io.EOF:
		return nil, services.Errorf(services.CodeInvalid, "the file is empty").
			WithHint("Upload a CSV file whose first line names the columns")
	default:
		return nil, err
	}
	columns, err := s.header()
	if err != nil {
		return nil, err
	}
	t := &table{Columns: columns, Index: []int64{}}
	for {
		switch err := s.next(); err {
		case nil:
		case io.EOF:
			return t, nil
		default:
			return nil, err
		}
		if got, want := len(s.ends), len(columns); got != want {
			return nil, s.ragged(got, want)
		}
		if t.Rows%indexEvery == 0 {
			t.Index = append(t.Index, s.start)
		}
		t.Rows++
	}
}

// header checks the names of the columns.
func (s *scanner) header() ([]string, error) {
	if len(s.ends) > maxColumns {
		return nil, s.begins[maxColumns].at("the header has %d columns", len(s.ends)).
			WithHint("Use at most %d", maxColumns)
	}
	columns := make([]string, 0, len(s.ends))
	for i := range s.ends {
		name := string(s.field(i))
		where := s.begins[i]
		switch {
		case name == "":
			return nil, where.at("a column has no name").
				WithHint("Name every column in the first line, or remove the comma")
		case len(s.ends) == 1 && strings.ContainsAny(name, ";\t|"):
			return nil, where.at("the columns are not separated by commas").
				WithHint("Save the file with commas between the fields")
		case !columnPattern.MatchString(name) || len(name) > maxColumn:
			return nil, where.at("the column name %s is not allowed", quote(name)).
				WithHint("Start it with a capital letter A to Z and go on with letters, digits and underscores, at most %d in all", maxColumn)
		case slices.Contains(columns, name):
			return nil, where.at("the column %s is there twice", quote(name)).
				WithHint("Give each column a name of its own")
		}
		columns = append(columns, name)
	}
	return columns, nil
}

// ragged returns the error of a row with the wrong number of fields.
func (s *scanner) ragged(got, want int) error {
	where := s.begins[got-1]
	if got > want {
		where = s.begins[want]
	}
	return where.at("the row has %s, and the header has %d", count(got, "field"), want).
		WithHint("Give every row as many fields as the header, and put a field that contains commas or line ends in quotes")
}

// count returns a number and its noun, in the plural where it is one.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quote quotes what came from a file for an error, and shortens it.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// page reads rows of a file that t describes: from the row with that index
// on, at most limit rows and about maxBytes bytes, but one row at least when
// there is one. Each row has the fields of the columns picked, in that order.
func (t *table) page(file *os.File, first int64, limit, maxBytes int, picked []int) ([][]string, error) {
	rows := [][]string{}
	if first < 0 || first >= t.Rows {
		return rows, nil
	}
	entry := first / indexEvery
	offset := t.Index[entry]
	s := newScanner(io.NewSectionReader(file, offset, 1<<62-offset), offset)
	skip, bytes := first%indexEvery, 0
	for len(rows) < limit && bytes < maxBytes {
		switch err := s.next(); err {
		case nil:
		case io.EOF:
			return rows, nil
		default:
			return nil, err
		}
		if len(s.ends) != len(t.Columns) {
			return nil, fmt.Errorf("read rows: %s has changed since it was checked", file.Name())
		}
		if skip > 0 {
			skip--
			continue
		}
		row := make([]string, len(picked))
		for i, column := range picked {
			row[i] = string(s.field(column))
		}
		rows, bytes = append(rows, row), bytes+len(s.text)
	}
	return rows, nil
}

// pick returns the places of the columns named, or of all when none is.
func (t *table) pick(names []string) ([]int, error) {
	if len(names) == 0 {
		names = t.Columns
	}
	picked := make([]int, 0, len(names))
	for _, name := range names {
		i := slices.Index(t.Columns, name)
		if i < 0 {
			return nil, services.Errorf(services.CodeInvalid, "the dataset has no column %s", quote(name)).
				WithHint("Its columns are %s", strings.Join(t.Columns, ", "))
		}
		if slices.Contains(picked, i) {
			return nil, services.Errorf(services.CodeInvalid, "the column %s is named twice", quote(name)).
				WithHint("Name each column once")
		}
		picked = append(picked, i)
	}
	return picked, nil
}
