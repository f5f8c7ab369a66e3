package cli

import (
	"context"
	"fmt"
	"runtime"
)

const versionHelp = `Usage: drover version [options]

  Prints the version of Drover, of the Go release that built it, and of the
  platform that it was built for.

Options:

` + dataHelp

func versionCommand() Command {
	return Command{
		Name:     "version",
		Synopsis: "Print the version",
		Help:     versionHelp,
		Data:     true,
		Run:      func(_ context.Context, m *Meta) error { return printVersion(m) },
	}
}

// version is what "drover version" prints.
type version struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func printVersion(m *Meta) error {
	v := version{m.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH}
	if m.WantsData() {
		return m.Format(v)
	}
	_, err := fmt.Fprintf(m.Out, "drover %s, %s, %s/%s\n", v.Version, v.Go, v.OS, v.Arch)
	return err
}
