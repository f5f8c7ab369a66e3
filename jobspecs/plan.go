package jobspecs

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/nomad/api"
)

// shape says how a field of a nomad/api struct reads in HCL.
type shape int

const (
	shapeScalar  shape = iota // name = value
	shapeList                 // name = [...]
	shapeMapping              // name = {...}
	shapeBlock                // name { ... }
	shapeBlocks               // name { ... } name { ... }
	shapeByLabel              // name "key" { ... }, from a map
	shapePairs                // name { key = value }, from a map
)

// member is one field of a struct that has an "hcl" tag.
type member struct {
	name  string // in HCL
	index int    // of the field
	shape shape
	plan  *plan // of the blocks
	// reference is for attributes that name a property of a node or device.
	reference bool
	// order is what a map's keys start with; the others follow, sorted.
	order []string
}

// plan says how a struct reads in HCL: attributes, then blocks, each in the
// order of Nomad's documentation.
type plan struct {
	label int // index of the field that is the block's label, or -1
	attrs []member
	body  []member
}

// jobPlan is the plan of a job, worked out once from the tags of nomad/api.
var jobPlan = sync.OnceValue(func() *plan {
	plans := map[reflect.Type]*plan{}
	p := planOf(reflect.TypeFor[api.Job](), plans)
	// The label of a job is its ID, see [Render].
	p.attrs = slices.DeleteFunc(p.attrs, func(m member) bool { return m.name == "id" || m.name == "name" })
	return p
})

func planOf(t reflect.Type, plans map[reflect.Type]*plan) *plan {
	if p, ok := plans[t]; ok {
		return p
	}
	p := &plan{label: -1}
	plans[t] = p
	for i := range t.NumField() {
		field := t.Field(i)
		name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
		switch {
		case kind == "label":
			p.label = i
		case name == "" || !field.IsExported():
		case kind == "block":
			p.body = append(p.body, blockMember(t, field, name, i, plans))
		default:
			p.attrs = append(p.attrs, member{name: name, index: i, shape: attrShape(field.Type), reference: isReferenceField(t, name)})
		}
	}
	byOrder := func(order []string) func(a, b member) int {
		return func(a, b member) int { return cmp.Compare(place(order, a.name), place(order, b.name)) }
	}
	order := documented[t]
	slices.SortStableFunc(p.attrs, byOrder(order))
	slices.SortStableFunc(p.body, byOrder(order))
	return p
}

// place is where name stands in order; what is not listed comes last, in the
// order of the struct.
func place(order []string, name string) int {
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

func attrShape(t reflect.Type) shape {
	switch t.Kind() {
	case reflect.Slice:
		return shapeList
	case reflect.Map:
		return shapeMapping
	default:
		return shapeScalar
	}
}

func blockMember(parent reflect.Type, field reflect.StructField, name string, index int, plans map[reflect.Type]*plan) member {
	m := member{name: name, index: index}
	t := field.Type
	switch {
	case t.Kind() == reflect.Map && indirect(t.Elem()).Kind() == reflect.Struct:
		m.shape, m.plan = shapeByLabel, planOf(indirect(t.Elem()), plans)
	case t.Kind() == reflect.Map:
		m.shape = shapePairs
		if parent == reflect.TypeFor[api.Task]() && name == "config" {
			m.order = []string{"image", "command", "args", "ports"}
		}
	case t.Kind() == reflect.Slice:
		m.shape, m.plan = shapeBlocks, planOf(indirect(t.Elem()), plans)
	default:
		m.shape, m.plan = shapeBlock, planOf(indirect(t), plans)
	}
	// nomad/api keeps static ports apart; the language does not.
	if name == "reserved_ports" {
		m.name = "port"
	}
	return m
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func isReferenceField(t reflect.Type, name string) bool {
	switch t {
	case reflect.TypeFor[api.Constraint](), reflect.TypeFor[api.Affinity](), reflect.TypeFor[api.Spread]():
		return name == "attribute"
	}
	return false
}

var durationType = reflect.TypeFor[time.Duration]()

// documented is the order of attributes and blocks in Nomad's job
// specification, where it is not the order of the struct.
var documented = map[reflect.Type][]string{
	reflect.TypeFor[api.Job](): {
		"region", "namespace", "type", "priority", "all_at_once", "datacenters", "node_pool",
		"ui", "meta", "constraint", "affinity", "spread", "parameterized", "periodic", "multiregion",
		"update", "reschedule", "migrate", "group",
	},
	reflect.TypeFor[api.TaskGroup](): {
		"count", "shutdown_delay", "max_run_duration",
		"meta", "constraint", "affinity", "spread", "scaling", "update", "restart", "reschedule", "disconnect", "migrate",
		"ephemeral_disk", "volume", "network", "consul", "service", "task",
	},
	reflect.TypeFor[api.Task](): {
		"driver", "user", "leader", "kind", "kill_timeout", "kill_signal", "shutdown_delay",
		"meta", "constraint", "affinity", "lifecycle", "dispatch_payload", "artifact", "config", "env",
		"identity", "vault", "consul", "secret", "template", "volume_mount", "service", "resources", "logs",
	},
	reflect.TypeFor[api.Service]():         {"name", "provider", "port", "tags"},
	reflect.TypeFor[api.ServiceCheck]():    {"name", "type", "port", "path"},
	reflect.TypeFor[api.Constraint]():      {"attribute", "operator", "value"},
	reflect.TypeFor[api.Affinity]():        {"attribute", "operator", "value", "weight"},
	reflect.TypeFor[api.RestartPolicy]():   {"attempts", "interval", "delay", "mode"},
	reflect.TypeFor[api.Template]():        {"source", "destination", "env", "perms", "change_mode", "splay", "error_on_missing_key", "data"},
	reflect.TypeFor[api.UpdateStrategy]():  {"max_parallel", "health_check"},
	reflect.TypeFor[api.NetworkResource](): {"mode", "hostname"},
	reflect.TypeFor[api.Resources]():       {"cores", "cpu", "memory", "memory_max"},
	reflect.TypeFor[api.ScalingPolicy]():   {"enabled", "type", "min", "max"},
}
