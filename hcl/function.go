package hcl

import (
	"fmt"
	"path/filepath"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// functionTable holds functions by name.
type functionTable = map[string]function.Function

// functions are those of the language: env and file.
func (c *converter) functions() functionTable {
	return functionTable{
		"env":  stringFunction("name", c.env),
		"file": stringFunction("path", c.include),
	}
}

// stringFunction is a function from one string to another.
func stringFunction(param string, call func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := call(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

// env is the function env. An unset variable is an error rather than "", so
// that a forgotten one is not found out by what runs.
func (c *converter) env(name string) (string, error) {
	if c.opts.Env != nil {
		if v, found := c.opts.Env(name); found {
			if problem := badText(v, true); problem != "" {
				return "", fmt.Errorf("the environment variable %s %s", quote(name), problem)
			}
			return v, nil
		}
	}
	return "", fmt.Errorf("the environment variable %s is not set; set it, or use a variable with a default", quote(name))
}

// include is the function file.
func (c *converter) include(path string) (string, error) {
	if c.opts.ReadFile == nil {
		return "", fmt.Errorf("files cannot be read here")
	}
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(c.dir, path)
	}
	text, err := c.opts.ReadFile(full)
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot read %s: %s", quote(full), reason(err))
	case !utf8.Valid(text):
		return "", fmt.Errorf("%s is not valid UTF-8", quote(full))
	}
	return string(text), nil
}
