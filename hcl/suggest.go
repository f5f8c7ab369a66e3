package hcl

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean returns a sentence with the name that was probably meant, with a
// space before it, or "".
func didYouMean(given string, names []string) string {
	if name := nearest(given, names); name != "" {
		return fmt.Sprintf(" Did you mean %q?", name)
	}
	return ""
}

// nearest returns the name with the fewest typing mistakes between it and
// given, the first in lexical order of several, or "" when none is near: more
// than a third of the letters differ.
func nearest(given string, names []string) string {
	if len(given) > 64 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(names))
	best, least := "", 0
	for _, name := range sorted {
		d := mistakes(strings.ToLower(given), strings.ToLower(name))
		if d > max(1, min(len(given), len(name))/3) {
			continue
		}
		if best == "" || d < least {
			best, least = name, d
		}
	}
	return best
}

// mistakes counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment distance).
func mistakes(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
