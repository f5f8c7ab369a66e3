package jobspecs

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/hashicorp/nomad/api"
)

// Hash returns the SHA-256 of the job's content in hexadecimal. It covers
// every field but two: the meta key [MetaHash], which is where the hash goes,
// and the task groups' counts. A changed meta makes Nomad replace every
// allocation, and a changed count must not: three workers more are no reason
// to restart those that work.
//
// What is hashed is canonical JSON: keys sorted, fields that are not set left
// out. A field that a newer nomad/api adds therefore changes no hash until a
// job sets it.
func Hash(job *api.Job) string {
	clean := *job
	if _, marked := job.Meta[MetaHash]; marked {
		clean.Meta = make(map[string]string, len(job.Meta))
		for key, value := range job.Meta {
			if key != MetaHash {
				clean.Meta[key] = value
			}
		}
	}
	clean.TaskGroups = withoutCounts(job.TaskGroups)
	b := appendCanonical(make([]byte, 0, 4<<10), reflect.ValueOf(&clean).Elem())
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// withoutCounts returns copies of the groups that have no count and no scaling
// bounds.
func withoutCounts(groups []*api.TaskGroup) []*api.TaskGroup {
	out := make([]*api.TaskGroup, len(groups))
	for i, group := range groups {
		g := *group
		g.Count, g.Scaling = nil, nil
		out[i] = &g
	}
	return out
}

// key is one field of a struct under the name that JSON gives it.
type key struct {
	name  string
	index int
}

// keysOf are the fields of a struct type, sorted; worked out once a type.
var keysOf = func() func(reflect.Type) []key {
	var known sync.Map
	return func(t reflect.Type) []key {
		if keys, ok := known.Load(t); ok {
			return keys.([]key)
		}
		var keys []key
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				keys = append(keys, key{f.Name, i})
			}
		}
		slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.name, b.name) })
		known.Store(t, keys)
		return keys
	}
}()

// appendCanonical appends v as JSON with sorted keys, without what is not set:
// nil, and the zero of a field that is not a pointer.
func appendCanonical(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Invalid:
		return append(b, "null"...)
	case reflect.Pointer, reflect.Interface:
		return appendCanonical(b, v.Elem())
	case reflect.Struct:
		b = append(b, '{')
		for _, key := range keysOf(v.Type()) {
			field := v.Field(key.index)
			if unset(field) {
				continue
			}
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = appendJSONString(b, key.name)
			b = append(b, ':')
			b = appendCanonical(b, field)
		}
		return append(b, '}')
	case reflect.Map:
		b = append(b, '{')
		for i, p := range sortedPairs(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, p.key)
			b = append(b, ':')
			if p.plain {
				b = appendJSONString(b, p.text)
			} else {
				b = appendCanonical(b, p.value)
			}
		}
		return append(b, '}')
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return appendJSONString(b, base64.StdEncoding.EncodeToString(v.Bytes()))
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCanonical(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.String:
		return appendJSONString(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	default:
		switch {
		case v.CanInt():
			return strconv.AppendInt(b, v.Int(), 10)
		case v.CanUint():
			return strconv.AppendUint(b, v.Uint(), 10)
		case v.CanFloat():
			return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
		}
		return append(b, "null"...)
	}
}

func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

// appendJSONString appends s as a JSON string. Bytes that are not UTF-8 go in
// as they are, so that two strings never look the same.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0 // of what has not been copied yet
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		if c < ' ' {
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
		} else {
			b = append(b, '\\', c)
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
