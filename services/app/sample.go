package app

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteSample writes a CSV file that an App accepts: a header and that many
// rows of support requests in several languages. It is the same for the same
// number, in every process. It has what makes exports go wrong elsewhere:
// quotes, commas and line ends of both kinds inside fields, empty fields,
// text outside the Basic Multilingual Plane, combining characters, spaces at
// both ends, and rows that end in CRLF among rows that end in LF.
func WriteSample(w io.Writer, rows int) error {
	out := bufio.NewWriter(w)
	// A bufio.Writer keeps its first error for Flush.
	_, _ = out.WriteString("Ticket_ID,Opened,Customer,Subject,Body,Priority\n")
	seed := uint64(0x9e3779b97f4a7c15)
	draw := func(n int) int { // xorshift: no seed from outside, no library that may change
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int(seed % uint64(n))
	}
	for i := range rows {
		fields := []string{
			fmt.Sprintf("T%07d", i+1),
			fmt.Sprintf("2024-%02d-%02dT%02d:%02d:00Z", 1+draw(12), 1+draw(28), draw(24), draw(60)),
			sampleCustomers[draw(len(sampleCustomers))],
			sampleSubjects[draw(len(sampleSubjects))],
			sampleBodies[draw(len(sampleBodies))] + sampleEnds[draw(len(sampleEnds))],
			sampleClasses[draw(len(sampleClasses))],
		}
		for j, field := range fields {
			if j > 0 {
				_ = out.WriteByte(',')
			}
			if strings.ContainsAny(field, "\",\r\n") || draw(16) == 0 { // some need none and have them
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			_, _ = out.WriteString(field)
		}
		end := "\n"
		if draw(8) == 0 {
			end = "\r\n"
		}
		_, _ = out.WriteString(end)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write sample: %w", err)
	}
	return nil
}

var (
	sampleCustomers = []string{"Ana Ljubičić", "O'Neill, Tom", "Søren Æbelø", "山田 太郎", "José García", "Zoë", "محمد", "Иван Петров", ""}
	sampleSubjects  = []string{"Cannot sign in", "Invoice \"2024/03\" is wrong", "Where is my order?", "Rückfrage zur Lieferung", "返品について", "Refund, please", " spaces at both ends ", "=SUM(A1:A2)"}
	sampleBodies    = []string{
		"The page says \"error 500\", then nothing happens.",
		"Dear team,\nthe parcel arrived,\nbut two items are missing.",
		"Line one\r\nLine two\r\n\r\nKind regards",
		"Das Gerät läßt sich nicht einschalten; Schalter und Kabel sind geprüft.",
		"注文番号が見つかりません。ご確認をお願いします。",
		"Thanks a lot 🎉👩‍💻, works again!",
		"cafe\u0301 and caf\u00e9 look the same",
		"tab\there, semicolon; pipe| backslash\\",
		"",
	}
	sampleEnds    = []string{"", " ", "\n", " Please call back.", " \"Soon\" is fine."}
	sampleClasses = []string{"low", "normal", "high", ""}
)
