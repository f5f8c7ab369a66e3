package cli

// workloadCommand groups the servers that run as Nomad tasks. People do not
// start them by hand, so that it is in no list.
func workloadCommand() Command {
	return Command{
		Name:     "workload",
		Synopsis: "Run a built-in workload, as a Nomad task does",
		Hidden:   true,
		Subcommands: []Command{
			workloadAppCommand(),
			workloadHubCommand(),
		},
	}
}
