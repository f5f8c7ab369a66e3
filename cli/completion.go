package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/drover-platform/drover/services"
)

const completionHelp = `Usage: drover completion SHELL

  Prints a script that completes commands and flags in bash, zsh or fish.

Options:

` + plainHelp + `
Exit codes:

  0  done
  1  there is no script for that shell
  2  the command line is wrong

Example:

  $ source <(drover completion bash)
  $ drover completion zsh > "${fpath[1]}/_drover"
  $ drover completion fish > ~/.config/fish/completions/drover.fish
`

func completionCommand() Command {
	return Command{
		Name:     "completion",
		Synopsis: "Print a completion script for a shell",
		Help:     completionHelp,
		Args:     Args{Min: 1, Max: 1, Usage: "SHELL"},
		Run:      completion,
	}
}

// The scripts ask "drover __complete" with the words up to the cursor, the
// last of them unfinished. Where it has no answer, files are completed.
const (
	bashScript = `_drover() {
  local word=${COMP_WORDS[COMP_CWORD]}
  mapfile -t COMPREPLY < <(drover __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} -gt 0 || $word == -* ]] || compopt -o default
}
complete -F _drover drover
`
	zshScript = `#compdef drover
_drover() {
  local -a found
  found=("${(@f)$(drover __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found ]]; then compadd -a found; else _files; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _drover "$@"; else compdef _drover drover; fi
`
	fishScript = `complete -c drover -a '(drover __complete (commandline -opc)[2..] (commandline -ct))'
`
)

func completion(_ context.Context, m *Meta) error {
	scripts := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
	script, ok := scripts[m.Args[0]]
	if !ok {
		return services.Errorf(services.CodeInvalid, "there is no completion for the shell %q", m.Args[0]).
			WithHint("Use bash, zsh or fish")
	}
	_, err := io.WriteString(m.Out, script)
	return err
}

// completeCommand answers the scripts.
func completeCommand() Command {
	return Command{
		Name:   "__complete",
		Hidden: true,
		Raw:    true,
		Args:   Args{Max: -1},
		Run: func(_ context.Context, m *Meta) error {
			for _, candidate := range candidates(Commands(), m.Args) {
				if _, err := fmt.Fprintln(m.Out, candidate); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// candidates returns what the last of words can be completed to: flags when
// it starts with a dash, else commands. words are those after the program's
// name.
func candidates(commands []Command, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	group := Command{Name: program, Subcommands: commands}
	for _, word := range words[:len(words)-1] {
		for _, c := range group.Subcommands {
			if c.Name == word {
				group = c
				break
			}
		}
	}
	last := words[len(words)-1]
	var found []string
	if strings.HasPrefix(last, "-") {
		for _, name := range flagNames(&group) {
			found = append(found, "-"+name)
		}
	} else {
		for _, c := range group.Subcommands {
			if !c.Hidden {
				found = append(found, c.Name)
			}
		}
	}
	matching := found[:0]
	for _, f := range found {
		if strings.HasPrefix(f, last) {
			matching = append(matching, f)
		}
	}
	return matching
}
