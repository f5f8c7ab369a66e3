package cli

import (
	"path/filepath"

	"github.com/drover-platform/drover/services"
)

// stateHelp is the part of a command's help about [Command.State].
const stateHelp = `  -state=<dir>
    Folder of Drover's own state. Defaults to DROVER_STATE, or
    ~/.local/state/drover.
`

// StateDir returns the folder of Drover's own state, as an absolute path:
// -state, DROVER_STATE, or drover below the user's state folder. It makes
// nothing.
func (m *Meta) StateDir() (string, error) {
	dir := m.Flags.String("state")
	if dir == "" {
		dir = m.Getenv("DROVER_STATE")
	}
	if dir == "" {
		// The XDG base directories; relative values are to be ignored.
		if base := m.Getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
			dir = filepath.Join(base, program)
		} else if home := m.Getenv("HOME"); home != "" {
			dir = filepath.Join(home, ".local", "state", program)
		}
	}
	if dir == "" {
		return "", services.Errorf(services.CodeInvalid, "there is no folder for Drover's state: HOME is not set").
			WithHint("Set DROVER_STATE or use -state")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", services.Errorf(services.CodeInvalid, "cannot use the state folder %q: %w", dir, err)
	}
	return abs, nil
}
