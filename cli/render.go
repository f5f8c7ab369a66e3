package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/jobspecs"
	"github.com/drover-platform/drover/services"
)

const renderHelp = `Usage: drover render [options] PATH

  Prints the Nomad jobs of a platform file or folder as HCL, in the order in
  which they start: the Hub, linkage services, runners, Apps. It needs no
  server and gives the same bytes every time. The jobs hold no secrets.

Options:

  -out=<dir>
    Write one file per job, <job ID>.nomad.hcl, into a folder, which is made
    when it is missing. Files of that name for jobs that are no more are
    reported and stay. With -json the files are <job ID>.nomad.json.

` + varHelp + "\n" + dataHelp + `
Exit codes:

  0  done
  1  the file is not valid, or a file cannot be written
  2  the command line is wrong

Example:

  $ drover render -out jobs examples/platform.hcl
  $ nomad job validate jobs/hub-*.nomad.hcl
`

func renderCommand() Command {
	return Command{
		Name:     "render",
		Synopsis: "Print the Nomad jobs of a platform file",
		Help:     renderHelp,
		Flags:    []cli.Flag{&cli.StringFlag{Name: "out"}},
		Args:     Args{Min: 1, Max: 1, Usage: "PATH"},
		Data:     true,
		Platform: true,
		Run:      render,
	}
}

func render(_ context.Context, m *Meta) error {
	out := m.Flags.String("out")
	if out != "" && m.Template != "" {
		return m.Usagef("-out and -t exclude each other")
	}
	p, err := m.Platform(m.Args[0])
	if err != nil {
		return err
	}
	jobs := jobspecs.Jobs(p)
	if out != "" {
		return renderInto(m, out, jobs)
	}
	if m.WantsData() {
		specs := make([]any, len(jobs))
		for i, job := range jobs {
			specs[i] = job.Spec
		}
		return m.Format(specs)
	}
	var text bytes.Buffer
	for i, job := range jobs {
		if i > 0 {
			text.WriteByte('\n')
		}
		fmt.Fprintf(&text, "# %s: %s\n\n", job.ID, title(p, job.ID))
		text.Write(jobspecs.Render(job.Spec))
	}
	_, err = m.Out.Write(text.Bytes())
	return err
}

// title says in the platform file's words what a job is.
func title(p *services.Platform, id services.JobID) string {
	if p.Hub != nil && p.Hub.ID == id {
		return fmt.Sprintf("Hub %q", p.Hub.Name)
	}
	for _, a := range p.Apps {
		if a.ID == id {
			return fmt.Sprintf("App %q of user %q", a.Profile, a.User)
		}
	}
	for _, l := range p.Linkages {
		if l.ID == id {
			return fmt.Sprintf("linkage service %q", l.Name)
		}
	}
	for _, r := range p.Runners {
		if r.ID == id {
			return fmt.Sprintf("runner %q", r.Name)
		}
	}
	return "job"
}

// renderInto writes a file per job into a folder.
func renderInto(m *Meta, dir string, jobs []*jobspecs.Job) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return services.Errorf(services.CodeInvalid, "cannot make the folder %s: %w", dir, pathCause(err))
	}
	extension := ".nomad.hcl"
	if m.JSON {
		extension = ".nomad.json"
	}
	var names []string
	written := 0
	for _, job := range jobs {
		content := jobspecs.Render(job.Spec)
		if m.JSON {
			var text bytes.Buffer
			if err := writeJSON(&text, job.Spec); err != nil {
				return err
			}
			content = text.Bytes()
		}
		name := string(job.ID) + extension
		names = append(names, name)
		path := filepath.Join(dir, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := writeFile(path, content, 0o644); err != nil {
			return services.Errorf(services.CodeInvalid, "cannot write into the folder %s: %w", dir, pathCause(err))
		}
		written++
	}
	if err := reportStale(m, dir, extension, names); err != nil {
		return err
	}
	_, err := fmt.Fprintf(m.Out, "%d jobs in %s: %d written, %d unchanged\n", len(jobs), dir, written, len(jobs)-written)
	return err
}

// reportStale names the files of jobs that are no more.
func reportStale(m *Meta, dir, extension string, names []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), extension) && !slices.Contains(names, entry.Name()) {
			fmt.Fprintf(m.Err, "Warning: %s is of no job of this platform (any more)\n", filepath.Join(dir, entry.Name()))
		}
	}
	return nil
}
