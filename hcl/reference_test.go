package hcl

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReference holds REFERENCE.md against the raw structs: every block has a
// section, and every argument and block in it a row there; no row is about
// something that is gone.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("REFERENCE.md")
	require.NoError(t, err)
	sections := map[string]string{}
	for _, part := range regexp.MustCompile("(?m)^##+ ").Split(string(text), -1) {
		title, body, _ := strings.Cut(part, "\n")
		sections[title] = body
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|")
	seen := map[reflect.Type]bool{}
	var check func(title string, block reflect.Type)
	check = func(title string, block reflect.Type) {
		if seen[block] {
			return
		}
		seen[block] = true
		var want []string
		for field := range block.Fields() {
			name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
			switch kind {
			case "block":
				if block != reflect.TypeFor[fileBlock]() {
					want = append(want, name)
				}
				inner := "`" + name + "`"
				if block == reflect.TypeFor[userBlock]() {
					inner += " in `user`"
				}
				check(inner, field.Type.Elem().Elem())
			case "optional":
				want = append(want, name)
			}
		}
		if block == reflect.TypeFor[fileBlock]() {
			return
		}
		require.Contains(t, sections, title)
		var got []string
		for _, m := range row.FindAllStringSubmatch(sections[title], -1) {
			got = append(got, m[1])
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, "rows of the section %s", title)
	}
	check("", reflect.TypeFor[fileBlock]())
	require.Len(t, seen, 20) // every raw struct was reached
}
