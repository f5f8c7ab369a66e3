package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-platform/drover/agent/engine"
	"github.com/drover-platform/drover/scheduler"
	"github.com/drover-platform/drover/services"
)

// statusRow is one job in "drover status": what runs, and what people call it.
type statusRow struct {
	engine.JobStatus
	Name string `json:"name"` // label of the block; the profile of an App
	User string `json:"user,omitempty"`
}

const statusHelp = `Usage: drover status [options] [PATH]

  Shows what runs where: every job of a platform, whose it is, whether it is
  healthy, and its URL. Without PATH, the platform that was applied last from
  this state folder.

Options:

` + varHelp + `
` + stateHelp + `
` + dataHelp + `
` + connectionHelp

func statusCommand() Command {
	return Command{
		Name: "status", Synopsis: "Show what runs where", Help: statusHelp,
		Args: Args{Max: 1, Usage: "PATH"},
		Data: true, Platform: true, Servers: true, State: true,
		Run: func(ctx context.Context, m *Meta) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			return m.status(ctx, t, m.Flags.Args().First())
		},
	}
}

// status shows what runs of the platform of a file.
func (m *Meta) status(ctx context.Context, t target, path string) error {
	d, platform, err := m.platform(t, path)
	if err != nil {
		return err
	}
	s, err := m.connect(t, d.Namespace, platform.Region)
	if err != nil {
		return err
	}
	if err := s.Check(ctx); err != nil {
		return err
	}
	rows, err := statusRows(ctx, s, d, platform)
	if err != nil {
		return err
	}
	if m.WantsData() {
		return m.Format(rows)
	}
	return m.statusTable(rows)
}

// platform returns the platform of a file, or, without a path, of the file
// that Drover's state remembers.
func (m *Meta) platform(t target, path string) (scheduler.Desired, *services.Platform, error) {
	if path == "" {
		remembered, err := m.remembered(t.State)
		if err != nil {
			return scheduler.Desired{}, nil, err
		}
		path = remembered
	}
	file, err := m.source(path)
	if err != nil {
		return scheduler.Desired{}, nil, err
	}
	return desire(&file.Platform), &file.Platform, nil
}

func statusRows(ctx context.Context, s *session, d scheduler.Desired, p *services.Platform) ([]statusRow, error) {
	statuses, err := s.Statuses(ctx, d)
	if err != nil {
		return nil, err
	}
	type label struct{ name, user string }
	labels := map[services.JobID]label{}
	if p.Hub != nil {
		labels[p.Hub.ID] = label{name: p.Hub.Name}
	}
	for _, l := range p.Linkages {
		labels[l.ID] = label{name: l.Name}
	}
	for _, r := range p.Runners {
		labels[r.ID] = label{name: r.Name}
	}
	for _, a := range p.Apps {
		labels[a.ID] = label{a.Profile, a.User}
	}
	rows := []statusRow{}
	for _, status := range statuses {
		l := labels[status.Job]
		rows = append(rows, statusRow{JobStatus: status, Name: l.name, User: l.user})
	}
	return rows, nil
}

// statusTable shows the rows in aligned columns, and below them why something
// is not as it should be.
func (m *Meta) statusTable(rows []statusRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(m.Out, "Nothing runs.")
		return err
	}
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, []string{
			string(r.Kind), r.Name, r.User, string(r.Job), r.Status, strings.Join(r.Addresses, " "), strings.Join(r.Nodes, " "),
		})
	}
	if err := Table(m.Out, []string{"Kind", "Name", "User", "Job", "Status", "URL", "Node"}, cells); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Detail != "" {
			fmt.Fprintf(m.Out, "\n%s: %s\n", r.Job, printable(strings.TrimSpace(r.Detail)))
		}
	}
	return nil
}
