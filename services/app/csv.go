package app

import (
	"bufio"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/drover-platform/drover/services"
)

// maxRecord bounds one record of a CSV file, in bytes. Without it a quote
// that is never closed would read a whole file into memory.
const maxRecord = 16 << 20

// scanner reads the records of a CSV file (RFC 4180, comma and double quote)
// one at a time. Unlike encoding/csv it bounds a record, keeps line ends
// inside quotes as they are, insists on UTF-8, knows where each record
// begins, and explains its errors to people.
type scanner struct {
	in     *bufio.Reader
	offset int64 // of the next byte
	line   int   // of the next character, from 1
	column int   // of the next character, from 1

	// The current record. Its memory is used again by the next one.
	start     int64 // offset of its first byte
	startLine int
	text      []byte     // its fields, unquoted and joined
	ends      []int      // end of each field in text
	begins    []position // where each field begins in the file
}

// position is a place in a file as people count: from 1, in characters.
type position struct{ line, column int }

// newScanner returns a scanner of r, whose first byte has an offset and a
// line in the file. A byte order mark at offset 0 is skipped.
func newScanner(r io.Reader, offset int64) *scanner {
	s := &scanner{in: bufio.NewReaderSize(r, 64<<10), offset: offset, line: 1, column: 1}
	if offset == 0 {
		if mark, _ := s.in.Peek(3); string(mark) == "\xef\xbb\xbf" {
			_, _ = s.in.Discard(3) // they have been peeked
			s.offset = 3
		}
	}
	return s
}

// at returns an error about a place in the file.
func (p position) at(format string, args ...any) *services.Error {
	return services.Errorf(services.CodeInvalid, "line %d, column %d: %s", p.line, p.column, fmt.Sprintf(format, args...))
}

// read returns the next character, 0 and io.EOF at the end.
func (s *scanner) read() (rune, error) {
	r, size, err := s.in.ReadRune()
	if err != nil {
		if err == io.EOF {
			return 0, err
		}
		return 0, fmt.Errorf("read csv: %w", err)
	}
	if r == utf8.RuneError && size == 1 {
		return 0, position{s.line, s.column}.at("the file is not UTF-8").
			WithHint("Save it as UTF-8, for example with \"CSV UTF-8\" of a spreadsheet program, and upload it again")
	}
	s.offset += int64(size)
	if r == '\n' {
		s.line++
		s.column = 1
	} else {
		s.column++
	}
	return r, nil
}

// next reads the next record and skips empty lines. It returns io.EOF after
// the last one.
func (s *scanner) next() error {
	for {
		s.text, s.ends, s.begins = s.text[:0], s.ends[:0], s.begins[:0]
		s.start, s.startLine = s.offset, s.line
		empty, err := s.record()
		if err != nil || !empty {
			return err
		}
	}
}

// inField is where in a field the scanner stands.
type inField int

const (
	atStart  inField = iota // before its first character
	inText                  // in a field without quotes
	atFinish                // after its closing quote
)

// record reads one line's record. It reports whether the line was empty, and
// io.EOF when there is no line any more.
func (s *scanner) record() (empty bool, err error) {
	state := atStart
	begin := func() {
		s.begins = append(s.begins, position{s.line, s.column})
		state = atStart
	}
	begin()
	for {
		if len(s.text) > maxRecord {
			return false, s.tooLong()
		}
		r, err := s.read()
		switch {
		case err == io.EOF && state == atStart && len(s.ends) == 0:
			return false, io.EOF
		case err == io.EOF: // the last line may lack its line end
			s.end()
			return false, nil
		case err != nil:
			return false, err
		case r == ',':
			s.end()
			begin()
		case r == '\n' || r == '\r':
			if err := s.lineEnd(r); err != nil {
				return false, err
			}
			empty = state == atStart && len(s.ends) == 0
			s.end()
			return empty, nil
		case r == '"' && state == atStart:
			if err := s.quoted(); err != nil {
				return false, err
			}
			state = atFinish
		case r == '"' || state == atFinish:
			return false, position{s.line, s.column - 1}.at("a quote stands inside a field, or a field goes on after its closing quote").
				WithHint("Put the whole field in quotes and write a quote inside it twice")
		default:
			s.text = utf8.AppendRune(s.text, r)
			s.plain(false)
			state = inText
		}
	}
}

// plain takes the characters that are buffered up to the first that could
// mean something: most of a file, at a fraction of the cost of read.
func (s *scanner) plain(quoted bool) {
	buffered, _ := s.in.Peek(s.in.Buffered()) // what is buffered can be peeked
	n := 0
	for n < len(buffered) {
		c := buffered[n]
		if c >= utf8.RuneSelf || c == '"' || c == '\n' || !quoted && (c == ',' || c == '\r') {
			break
		}
		n++
	}
	s.text = append(s.text, buffered[:n]...)
	_, _ = s.in.Discard(n)
	s.offset += int64(n)
	s.column += n
}

// quoted reads a field after its opening quote, its closing quote included.
func (s *scanner) quoted() error {
	open := position{s.line, s.column - 1}
	for {
		if len(s.text) > maxRecord {
			return s.tooLong()
		}
		r, err := s.read()
		if err == io.EOF {
			return open.at("the quote that opens here is never closed").
				WithHint("Close it, and write a quote inside a field twice")
		}
		if err != nil {
			return err
		}
		if r == '"' {
			if next, err := s.in.Peek(1); err != nil || next[0] != '"' {
				return nil
			}
			if _, err := s.read(); err != nil {
				return err
			}
		}
		s.text = utf8.AppendRune(s.text, r)
		s.plain(true)
	}
}

// lineEnd reads what is left of a line end that begins with r.
func (s *scanner) lineEnd(r rune) error {
	if r == '\n' {
		return nil
	}
	where := position{s.line, s.column - 1}
	if next, err := s.in.Peek(1); err == nil && next[0] == '\n' {
		_, err = s.read()
		return err
	}
	return where.at("a carriage return is not followed by a line feed").
		WithHint("Save the file with line ends of Unix (LF) or Windows (CRLF), or put the field in quotes")
}

func (s *scanner) end() { s.ends = append(s.ends, len(s.text)) }

func (s *scanner) tooLong() error {
	return position{s.startLine, 1}.at("the record that begins here is longer than %d bytes", maxRecord).
		WithHint("Close its quotes, or split it")
}

// field returns the i-th field of the current record. It is valid until the
// next one.
func (s *scanner) field(i int) []byte {
	begin := 0
	if i > 0 {
		begin = s.ends[i-1]
	}
	return s.text[begin:s.ends[i]]
}
