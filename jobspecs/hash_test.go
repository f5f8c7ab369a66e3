package jobspecs_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"testing"

	"github.com/hashicorp/nomad/api"
	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

// counted are the fields that a scaler may change: they are no part of the
// hash.
var counted = regexp.MustCompile(`^Job\.TaskGroups\[\d+\]\.(Count|Scaling\..*)$`)

// TestHash_EveryField changes every field of a job that is set, one after the
// other, and wants another hash each time, but for the counts.
func TestHash_EveryField(t *testing.T) {
	for _, name := range []string{"secrets-and-s3", "linkage", "gpu-runner"} {
		t.Run(name, func(t *testing.T) {
			job := jobspecs.Jobs(cases()[name])[0]
			seen := map[string]string{job.Hash: "the job itself"}
			changed := 0
			mutate(reflect.ValueOf(job.Spec).Elem(), "Job", func(path string) {
				if path == "Job.Meta["+jobspecs.MetaHash+"]" {
					return
				}
				changed++
				hash := jobspecs.Hash(job.Spec)
				if counted.MatchString(path) {
					require.Equal(t, job.Hash, hash, path)
					return
				}
				require.NotContains(t, seen, hash, "%s hashes like %s", path, seen[hash])
				seen[hash] = path
			})
			require.Greater(t, changed, 50)
			require.Equal(t, job.Hash, jobspecs.Hash(job.Spec), "everything is back as it was")
		})
	}
}

// mutate changes one scalar below v at a time, calls check and changes it back.
func mutate(v reflect.Value, path string, check func(path string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mutate(v.Elem(), path, check)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			mutate(v.Field(i), path+"."+v.Type().Field(i).Name, check)
		}
	case reflect.Slice:
		for i := range v.Len() {
			mutate(v.Index(i), path+"["+strconv.Itoa(i)+"]", check)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			old := v.MapIndex(key)
			name := path + "[" + key.String() + "]"
			switch {
			case old.Kind() == reflect.Pointer:
				mutate(old, name, check)
			case old.Kind() == reflect.Interface:
				v.SetMapIndex(key, reflect.ValueOf("something else "+name))
				check(name)
				v.SetMapIndex(key, old)
			default:
				v.SetMapIndex(key, reflect.ValueOf(old.String()+"x").Convert(old.Type()))
				check(name)
				v.SetMapIndex(key, old)
			}
		}
	default:
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		switch {
		case v.Kind() == reflect.String:
			v.SetString(v.String() + "x")
		case v.Kind() == reflect.Bool:
			v.SetBool(!v.Bool())
		case v.CanInt():
			v.SetInt(v.Int() + 1)
		case v.CanUint():
			v.SetUint(v.Uint() + 1)
		}
		check(path)
		v.Set(old)
	}
}

// TestHash_Stable pins a hash: if it moves, every job of every platform gets
// registered anew by an upgrade of Drover. Change it only together with a
// change of the job.
func TestHash_Stable(t *testing.T) {
	job := &api.Job{
		ID: new("x"), Type: new("service"), Priority: new(0), Datacenters: []string{"a", "b"},
		Meta: map[string]string{"b": "2", "a": "1", jobspecs.MetaHash: "anything"},
		TaskGroups: []*api.TaskGroup{{Name: new("g"), Tasks: []*api.Task{{
			Name: "t", Config: map[string]any{"args": []string{"1"}, "n": 1, "on": true, "f": 0.5},
		}}}},
	}
	require.Equal(t, "0b79ae06d54f8d0af1e4e5ebee0bf7ee0252fe7c01b8db53ae8e08af4cb40172", jobspecs.Hash(job))
	require.Equal(t, "anything", job.Meta[jobspecs.MetaHash], "the job is left alone")
}

// TestHash_SetOrNot tells a field that is set to its zero value from one that
// is not set, which Nomad fills in.
func TestHash_SetOrNot(t *testing.T) {
	require.NotEqual(t, jobspecs.Hash(&api.Job{Priority: new(0)}), jobspecs.Hash(&api.Job{}))
	require.Equal(t, jobspecs.Hash(&api.Job{Datacenters: []string{}}), jobspecs.Hash(&api.Job{}))
}

// TestHash_AfterJSON has a job written and read, as a saved plan and the
// applied content in the state are.
func TestHash_AfterJSON(t *testing.T) {
	for _, job := range jobspecs.Jobs(everything()) {
		text, err := json.Marshal(job)
		require.NoError(t, err)
		var read jobspecs.Job
		require.NoError(t, json.Unmarshal(text, &read))
		require.Equal(t, job.Hash, jobspecs.Hash(read.Spec))
		require.Equal(t, string(jobspecs.Render(job.Spec)), string(jobspecs.Render(read.Spec)))
	}
}

func TestHash_FollowsThePlatform(t *testing.T) {
	hash := func(change func(a *services.App)) string {
		p := platform()
		p.Apps = []services.App{app(builtin(services.DriverExec))}
		change(&p.Apps[0])
		return jobspecs.Jobs(p)[0].Hash
	}
	before := hash(func(*services.App) {})
	require.Equal(t, before, hash(func(*services.App) {}))
	require.Equal(t, before, hash(func(a *services.App) { a.User = "renamed" }), "a name is no content")
	require.NotEqual(t, before, hash(func(a *services.App) { a.Workload.Resources.MemoryMiB++ }))
	require.NotEqual(t, before, hash(func(a *services.App) { a.Workload.Env["NEW"] = "" }))
}
