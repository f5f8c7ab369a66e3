package jobspecs

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// lineLength is how long a list may be on one line, in bytes.
const lineLength = 80

// list queues a list, on one line where it fits.
func (w *writer) list(name string, v reflect.Value) {
	b := append(w.value(), '[')
	tall := false
	for i := range v.Len() {
		e := v.Index(i)
		if e.Kind() == reflect.Interface {
			e = e.Elem()
		}
		tall = tall || e.Kind() == reflect.Map
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendValue(b, e, 0)
	}
	b = append(b, ']')
	if !tall && len(b)-len(w.values)+len(name) <= lineLength {
		w.attr(name, b, false)
		return
	}
	b = append(b[:len(w.values)], "[\n"...)
	for i := range v.Len() {
		e := v.Index(i)
		if e.Kind() == reflect.Interface {
			e = e.Elem()
		}
		b = appendIndent(b, w.depth+1)
		b = appendValue(b, e, w.depth+1)
		b = append(b, ",\n"...)
	}
	b = appendIndent(b, w.depth)
	w.attr(name, append(b, ']'), true)
}

// mapping queues a map as an attribute.
func (w *writer) mapping(name string, v reflect.Value) {
	w.attr(name, appendMapping(w.value(), sortedPairs(v), w.depth), true)
}

// appendMapping appends a map as an object, one key a line.
func appendMapping(b []byte, pairs []pair, depth int) []byte {
	b = append(b, "{\n"...)
	width := 0
	quoted := make([][]byte, len(pairs))
	for i, p := range pairs {
		quoted[i] = appendQuoted(nil, p.key)
		width = max(width, utf8.RuneCount(quoted[i]))
	}
	for i, p := range pairs {
		b = appendIndent(b, depth+1)
		b = append(b, quoted[i]...)
		for n := utf8.RuneCount(quoted[i]); n < width; n++ {
			b = append(b, ' ')
		}
		b = append(b, " = "...)
		if p.plain {
			b = appendString(b, p.text)
		} else {
			b = appendValue(b, p.value, depth+1)
		}
		b = append(b, '\n')
	}
	b = appendIndent(b, depth)
	return append(b, '}')
}

// appendValue appends any value of an expression.
func appendValue(b []byte, v reflect.Value, depth int) []byte {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendValue(b, v.Index(i), depth)
		}
		return append(b, ']')
	case reflect.Map:
		return appendMapping(b, sortedPairs(v), depth)
	default:
		return appendScalar(b, v)
	}
}

// appendScalar appends a string, a number, a truth value or a duration.
func appendScalar(b []byte, v reflect.Value) []byte {
	if !v.IsValid() {
		return append(b, "null"...)
	}
	if v.Type() == durationType {
		return appendQuoted(b, durationText(time.Duration(v.Int())))
	}
	switch {
	case v.Kind() == reflect.String:
		return appendString(b, v.String())
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10)
	case v.CanFloat():
		return strconv.AppendFloat(b, v.Float(), 'f', -1, 64)
	default:
		return append(b, "null"...)
	}
}

// durationText is "1h30m" where time.Duration says "1h30m0s".
func durationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func appendIndent(b []byte, depth int) []byte {
	for range depth {
		b = append(b, "  "...)
	}
	return b
}

// pair is one entry of a map: of a map of strings its text, of any other its
// value.
type pair struct {
	key   string
	text  string
	value reflect.Value
	plain bool
}

// sortedPairs lists the entries of a map by key. Maps of strings, which nearly
// all are, take the way without reflection.
func sortedPairs(v reflect.Value) []pair {
	pairs := make([]pair, 0, v.Len())
	if plain, ok := reflect.TypeAssert[map[string]string](v); ok {
		for key, value := range plain {
			pairs = append(pairs, pair{key: key, text: value, plain: true})
		}
	} else {
		for all := v.MapRange(); all.Next(); {
			pairs = append(pairs, pair{key: all.Key().String(), value: all.Value()})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	return pairs
}
