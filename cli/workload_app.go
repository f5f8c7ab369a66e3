package cli

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v2"

	"github.com/drover-platform/drover/services/app"
)

const workloadAppHelp = `Usage: drover workload app [options]

  Runs the built-in App: one person's projects and datasets, on one volume,
  until it is told to stop, and then saves. Logs go to standard error.

  The environment may set WATCHFUL_LOG (the log level), WATCHFUL_HUB_URL (the
  Hub's address) and HOME (for -home).

Options:

  -listen=<host:port>
    Defaults to 0.0.0.0:9001.

  -home=<dir>
    Folder that everything is kept in: the durable volume. Defaults to
    ~/watchful.

` + plainHelp + `
Exit codes:

  0  stopped as told
  1  cannot start, or broke
  2  the command line is wrong

Example:

  $ drover workload app -listen 127.0.0.1:9001 -home /tmp/app
`

func workloadAppCommand() Command {
	return Command{
		Name:     "app",
		Synopsis: "Run the built-in App",
		Help:     workloadAppHelp,
		Flags:    []cli.Flag{&cli.StringFlag{Name: "listen"}, &cli.StringFlag{Name: "home"}},
		Run:      workloadApp,
	}
}

func workloadApp(ctx context.Context, m *Meta) error {
	cfg, err := app.ConfigFromEnv(m.Getenv, m.Err)
	if err != nil {
		return err
	}
	cfg.Listen = m.Flags.String("listen")
	cfg.Home = cmp.Or(m.Flags.String("home"), cfg.Home)
	cfg.Version = m.Version
	server, err := app.New(cfg)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
