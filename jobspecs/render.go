package jobspecs

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/hashicorp/nomad/api"
)

// Render returns the job in HCL, formatted as "nomad fmt" does, which Nomad's
// /v1/jobs/parse reads back to the same job. Equal jobs give equal bytes.
//
// No value can add a block, an attribute or an interpolation: strings are
// written so that they evaluate to themselves, "${" and "%{" doubled. Left
// bare are only Drover's own references to the task's address and directories,
// and "${attr...}", "${node...}", "${meta...}" and "${device...}" where a
// constraint, an affinity or a spread names what it looks at. Nomad reads all
// of these back as the text they are.
func Render(job *api.Job) []byte {
	w := &writer{out: make([]byte, 0, 4<<10), lines: make([]line, 0, 16), values: make([]byte, 0, 512)}
	w.out = append(w.out, "job "...)
	id := ""
	if job.ID != nil {
		id = *job.ID
	}
	w.out = appendQuoted(w.out, id)
	w.out = append(w.out, " {\n"...)
	w.depth = 1
	if job.Name != nil && *job.Name != id {
		w.attr("name", appendQuoted(w.value(), *job.Name), false)
	}
	w.block(jobPlan(), reflect.ValueOf(job).Elem())
	w.out = append(w.out, "}\n"...)
	return w.out
}

// writer writes HCL as hclwrite.Format would: two spaces a level, equal signs
// of neighbouring lines below each other, an empty line around blocks. It does
// so while writing, because formatting afterwards costs ten times as much.
type writer struct {
	out     []byte
	depth   int
	lines   []line // attributes of the open block, not yet written
	values  []byte // what lines hold
	written bool   // whether the open block has anything in it yet
}

// line is one attribute, its value in writer.values.
type line struct {
	name       string
	start, end int
	// tall means that the value starts a bracket that another line ends; its
	// equal sign takes part in no alignment.
	tall bool
}

// value returns the buffer to append the next attribute's value to.
func (w *writer) value() []byte { return w.values }

// attr takes the buffer back, with a value appended.
func (w *writer) attr(name string, values []byte, tall bool) {
	w.lines = append(w.lines, line{name, len(w.values), len(values), tall})
	w.values = values
}

// flush writes the attributes that wait, aligned.
func (w *writer) flush() {
	for i := 0; i < len(w.lines); {
		run, width := i, 0
		for run < len(w.lines) && !w.lines[run].tall {
			width = max(width, len(w.lines[run].name))
			run++
		}
		for ; i < run; i++ {
			w.line(w.lines[i], width)
		}
		if i < len(w.lines) && w.lines[i].tall {
			w.line(w.lines[i], 0)
			i++
		}
	}
	w.written = w.written || len(w.lines) > 0
	w.lines, w.values = w.lines[:0], w.values[:0]
}

func (w *writer) line(l line, width int) {
	w.indent()
	w.out = append(w.out, l.name...)
	for n := len(l.name); n < width; n++ {
		w.out = append(w.out, ' ')
	}
	w.out = append(w.out, " = "...)
	w.out = append(w.out, w.values[l.start:l.end]...)
	w.out = append(w.out, '\n')
}

func (w *writer) indent() {
	for range w.depth {
		w.out = append(w.out, "  "...)
	}
}

// block writes what is between the braces of the struct v.
func (w *writer) block(p *plan, v reflect.Value) {
	w.written = false
	for i := range p.attrs {
		w.attribute(&p.attrs[i], v.Field(p.attrs[i].index))
	}
	for i := range p.body {
		w.nested(&p.body[i], v.Field(p.body[i].index))
	}
	w.flush()
}

// attribute queues one attribute, unless it is not set.
func (w *writer) attribute(m *member, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	} else if v.IsZero() {
		return
	}
	switch m.shape {
	case shapeList:
		if v.Len() > 0 {
			w.list(m.name, v)
		}
	case shapeMapping:
		if v.Len() > 0 {
			w.mapping(m.name, v)
		}
	default:
		if m.reference {
			w.attr(m.name, appendReference(w.value(), v.String()), false)
			return
		}
		if v.Kind() == reflect.String {
			w.text(m.name, v.String())
			return
		}
		w.attr(m.name, appendScalar(w.value(), v), false)
	}
}

// text queues a string, as a heredoc where that reads better.
func (w *writer) text(name, s string) {
	if fitsHeredoc(s) {
		w.attr(name, appendHeredoc(w.value(), s), false)
	} else {
		w.attr(name, appendString(w.value(), s), false)
	}
}

// nested writes the block or blocks of one field, unless there are none.
func (w *writer) nested(m *member, v reflect.Value) {
	switch m.shape {
	case shapeBlock:
		if !v.IsZero() {
			w.one(m, reflect.Indirect(v), "")
		}
	case shapeBlocks:
		for i := range v.Len() {
			if e := reflect.Indirect(v.Index(i)); e.IsValid() {
				w.one(m, e, "")
			}
		}
	case shapeByLabel:
		for _, p := range sortedPairs(v) {
			if e := reflect.Indirect(p.value); e.IsValid() {
				w.one(m, e, p.key)
			}
		}
	case shapePairs:
		if v.Len() > 0 {
			w.pairs(m, v)
		}
	}
}

// one writes one block of a struct. Its label is the map key that it came
// from, or else the field that is the label.
func (w *writer) one(m *member, v reflect.Value, label string) {
	w.open(m.name)
	if m.plan.label >= 0 {
		if label == "" {
			label = reflect.Indirect(v.Field(m.plan.label)).String()
		}
		w.out = append(w.out, ' ')
		w.out = appendQuoted(w.out, label)
	}
	w.out = append(w.out, " {"...)
	head := len(w.out)
	w.out = append(w.out, '\n')
	w.depth++
	w.block(m.plan, v)
	w.close(head)
}

// open starts a block's line, after an empty line where one belongs.
func (w *writer) open(name string) {
	w.flush()
	if w.written {
		w.out = append(w.out, '\n')
	}
	w.indent()
	w.out = append(w.out, name...)
}

// close ends a block; an empty one stays on one line.
func (w *writer) close(head int) {
	w.depth--
	if !w.written {
		w.out = w.out[:head]
	} else {
		w.indent()
	}
	w.out = append(w.out, "}\n"...)
	w.written = true
}

// pairs writes a map as a block of attributes. Keys that are no identifiers
// can only be written in an attribute's value, which Nomad reads just as well
// for "meta" and "env" and refuses for other blocks.
func (w *writer) pairs(m *member, v reflect.Value) {
	pairs := sortedPairs(v)
	if slices.ContainsFunc(pairs, func(p pair) bool { return !identifier(p.key) }) {
		w.open(m.name)
		w.out = append(w.out, " = "...)
		w.out = appendMapping(w.out, pairs, w.depth)
		w.out = append(w.out, '\n')
		w.written = true
		return
	}
	if m.order != nil {
		slices.SortStableFunc(pairs, func(a, b pair) int {
			return cmp.Compare(place(m.order, a.key), place(m.order, b.key))
		})
	}
	w.open(m.name)
	w.out = append(w.out, " {\n"...)
	w.depth++
	w.written = false
	for _, p := range pairs {
		if p.plain {
			w.text(p.key, p.text)
			continue
		}
		e := p.value
		if e.Kind() == reflect.Interface {
			e = e.Elem()
		}
		switch {
		case !e.IsValid():
			w.attr(p.key, append(w.value(), "null"...), false)
		case e.Kind() == reflect.Slice:
			w.list(p.key, e)
		case e.Kind() == reflect.Map:
			w.mapping(p.key, e)
		case e.Kind() == reflect.String:
			w.text(p.key, e.String())
		default:
			w.attr(p.key, appendScalar(w.value(), e), false)
		}
	}
	w.flush()
	w.close(len(w.out))
}
