package cli

// Commands lists every command, in the order in which help shows them. Each
// has a constructor in a file of its own.
func Commands() []Command {
	return []Command{
		validateCommand(),
		fmtCommand(),
		renderCommand(),
		planCommand(),
		applyCommand(),
		statusCommand(),
		driftCommand(),
		destroyCommand(),
		devCommand(),
		operatorCommand(),
		workloadCommand(),
		completionCommand(),
		completeCommand(),
		versionCommand(),
	}
}
