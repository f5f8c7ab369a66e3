package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/services/hub"
)

const workloadHubHelp = `Usage: drover workload hub [options]

  Runs the built-in Hub: users and shared projects in one SQLite database,
  until it is told to stop. Logs go to standard error.

  The environment must set DATABASE_URL (absolute path of the database) and
  SHARED_SECRET (at least 32 characters, the same over restarts), and may set
  HUB_REGISTRATION (open or token) and WATCHFUL_LOG (the log level).

Options:

  -listen=<host:port>
    Defaults to 0.0.0.0:9005.

` + plainHelp + `
Exit codes:

  0  stopped as told
  1  cannot start, or broke
  2  the command line is wrong

Example:

  $ export DATABASE_URL=/tmp/hub.db SHARED_SECRET=$(openssl rand -hex 36)
  $ drover workload hub -listen 127.0.0.1:9005
`

func workloadHubCommand() Command {
	return Command{
		Name:     "hub",
		Synopsis: "Run the built-in Hub",
		Help:     workloadHubHelp,
		Flags:    []cli.Flag{&cli.StringFlag{Name: "listen"}},
		Run:      workloadHub,
	}
}

func workloadHub(ctx context.Context, m *Meta) error {
	cfg, err := hub.ConfigFromEnv(m.Getenv, m.Err)
	if err != nil {
		return err
	}
	cfg.Listen = m.Flags.String("listen")
	cfg.Version = m.Version
	server, err := hub.New(cfg)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
