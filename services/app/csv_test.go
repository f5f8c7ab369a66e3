package app

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/drover-platform/drover/services"
)

// TestScanTable_Errors pins the exact words, so that each says where, what
// and what to do.
func TestScanTable_Errors(t *testing.T) {
	var out bytes.Buffer
	for _, c := range []struct{ name, file string }{
		{"empty file", ""},
		{"only empty lines", "\n\r\n\n"},
		{"only a byte order mark", "\xef\xbb\xbf"},
		{"small first letter", "name,Text\n"},
		{"space in a name", "Name,Free text\n"},
		{"digit first", "Name,1st\n"},
		{"letter outside ASCII", "Name,Größe\n"},
		{"empty name", "Name,,Text\n"},
		{"name twice", "Name,Text,Name\n"},
		{"long name", "N" + strings.Repeat("x", 255) + "\n"},
		{"semicolons", "Name;Text\nA;B\n"},
		{"tabs", "Name\tText\nA\tB\n"},
		{"too many columns", strings.Repeat("C,", maxColumns) + "C\n"},
		{"row too short", "Name,Text\nA,B\nonly one\n"},
		{"row too long", "Name,Text\nA,B,and more\n"},
		{"row too long after a quoted line end", "Name,Text\n\"A\nB\",C\n1,2,3\n"},
		{"quote inside a field", "Name\nsay \"hi\"\n"},
		{"text after a closing quote", "Name\n\"hi\" there\n"},
		{"quote never closed", "Name,Text\nA,\"B\nC,D\n"},
		{"lone carriage return", "Name\rA\rB\r"},
		{"Latin-1", "Name\nCaf\xe9\n"},
		{"Latin-1 in quotes", "Name,Text\n\"a\nb\",\"Caf\xe9\"\n"},
		{"UTF-16", "\xff\xfeN\x00\n\x00"},
		{"cut in a character", "Name\n\xe6\x97"},
		{"column counted in characters", "Name\n日本語\"x\n"},
	} {
		_, err := scanTable(strings.NewReader(c.file))
		require.Error(t, err, c.name)
		require.Equal(t, services.CodeInvalid, services.ErrorCode(err), c.name)
		fmt.Fprintf(&out, "%s\n\t%v\n", c.name, err)
	}
	golden(t, "csv_errors.golden", out.Bytes())
}

func TestScanTable_Accepts(t *testing.T) {
	for _, c := range []struct {
		name, file string
		rows       int64
		columns    []string
	}{
		{"no line end at the end", "A,B\n1,2", 1, []string{"A", "B"}},
		{"header alone", "A,B", 0, []string{"A", "B"}},
		{"CRLF", "A,B\r\n1,2\r\n3,4\r\n", 2, []string{"A", "B"}},
		{"byte order mark", "\xef\xbb\xbfA,B\n1,2\n", 1, []string{"A", "B"}},
		{"byte order mark before a quote", "\xef\xbb\xbf\"A\",B\n1,2\n", 1, []string{"A", "B"}},
		{"empty lines", "\n\nA\n\n1\n\n\n2\n\n", 2, []string{"A"}},
		{"empty field in quotes is a row", "A\n\"\"\n", 1, []string{"A"}},
		{"empty fields", "A,B\n,\n,\n", 2, []string{"A", "B"}},
		{"empty last field at the end", "A,B\n1,", 1, []string{"A", "B"}},
		{"quoted names", "\"A\",\"B_2\"\n1,2\n", 1, []string{"A", "B_2"}},
		{"carriage return in quotes", "A\n\"x\ry\"\n", 1, []string{"A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := scanTable(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, c.rows, got.Rows)
			require.Equal(t, c.columns, got.Columns)
		})
	}
}

// TestScanner_BoundsARecord feeds a quote that is never closed: the scanner
// must give up at the bound and not read the endless file.
func TestScanner_BoundsARecord(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("Name\n\""), zeros{})
	_, err := scanTable(endless)
	require.ErrorContains(t, err, "line 2, column 1: the record that begins here is longer than 16777216 bytes")
	_, err = scanTable(io.MultiReader(strings.NewReader("Name\n"), zeros{}))
	require.ErrorContains(t, err, "longer than 16777216 bytes")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestScanner_ReturnsReadErrors(t *testing.T) {
	broken := errors.New("broken disk")
	_, err := scanTable(io.MultiReader(strings.NewReader("Name\nA\n"), failing{broken}))
	require.ErrorIs(t, err, broken)
	require.Equal(t, services.CodeInternal, services.ErrorCode(err))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// scanAll reads every record with the App's scanner.
func scanAll(data []byte) ([][]string, error) {
	s := newScanner(bytes.NewReader(data), 0)
	var rows [][]string
	for {
		if err := s.next(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		row := make([]string, len(s.ends))
		for i := range row {
			row[i] = string(s.field(i))
		}
		rows = append(rows, row)
	}
}

// FuzzScanner compares the scanner with encoding/csv: what it accepts, that
// accepts too, with the same fields (but for line ends inside quotes, which
// encoding/csv changes).
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{"A,B\n1,2\n", "A\n\"x\"\"y\"\r\n", "\xef\xbb\xbfA\n", "\"\r\n\"\n", "A\r", ",\n,,", "\"", "a\"b", "\"a\"b", "\n\n\n"} {
		f.Add([]byte(seed))
	}
	f.Add([]byte("A\n\"a\r\r\nb\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := scanAll(data)
		if err != nil {
			code := services.ErrorCode(err)
			require.Equal(t, services.CodeInvalid, code, "%v", err)
			return
		}
		reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
		reader.FieldsPerRecord = -1
		want, err := reader.ReadAll()
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i, row := range got {
			require.Len(t, row, len(want[i]))
			for j, field := range row {
				require.Equal(t, want[i][j], strings.ReplaceAll(field, "\r\n", "\n"))
			}
		}
	})
}

// TestPage_AnyWindow checks that any window of rows equals the same window
// of all rows read in order, whatever the rows hold.
func TestPage_AnyWindow(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.StringMatching(`[a-z ,"é日\n]{0,6}`)
		rows := rapid.SliceOfN(rapid.SliceOfN(field, 2, 2), 0, 40).Draw(t, "rows")
		repeat := rapid.IntRange(1, 90).Draw(t, "repeat") // beyond one entry of the index
		var file bytes.Buffer
		file.WriteString("A,B\r\n")
		var all [][]string
		w := csv.NewWriter(&file)
		for range repeat {
			for _, row := range rows {
				require.NoError(t, w.Write(row))
				all = append(all, row)
			}
		}
		w.Flush()
		path := filepath.Join(dir, "file.csv")
		require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))
		table, err := scanTable(bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		require.Equal(t, int64(len(all)), table.Rows)

		in, err := os.Open(path)
		require.NoError(t, err)
		defer in.Close()
		first := rapid.IntRange(0, len(all)+2).Draw(t, "first")
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		got, err := table.page(in, int64(first), limit, 1<<20, []int{1, 0})
		require.NoError(t, err)
		want := [][]string{}
		for i := first; i < min(first+limit, len(all)); i++ {
			want = append(want, []string{all[i][1], all[i][0]})
		}
		require.Equal(t, want, got)
	})
}

func TestPage_StopsAtBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	data := "A\n" + strings.Repeat(strings.Repeat("x", 100)+"\n", 50)
	require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
	table, err := scanTable(strings.NewReader(data))
	require.NoError(t, err)
	in, err := os.Open(path)
	require.NoError(t, err)
	defer in.Close()
	rows, err := table.page(in, 0, 50, 250, []int{0})
	require.NoError(t, err)
	require.Len(t, rows, 3)
	rows, err = table.page(in, 0, 50, 1, []int{0}) // one at least, or a reader never gets on
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func BenchmarkScanTable(b *testing.B) {
	var file bytes.Buffer
	require.NoError(b, WriteSample(&file, 20000))
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		_, err := scanTable(bytes.NewReader(file.Bytes()))
		require.NoError(b, err)
	}
}
