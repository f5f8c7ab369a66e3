package serve

import (
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
)

// LogVar is the environment variable that names the log level.
const LogVar = "WATCHFUL_LOG"

// levels are the names that LogVar may have, most talkative first. They are
// fewer than hclog knows on purpose: "off" would hide a failure from the
// operator who has nothing but the log.
var levels = []string{"trace", "debug", "info", "warn", "error"}

// Level reads the value of [LogVar]. The empty value is info.
func Level(value string) (hclog.Level, error) {
	name := strings.ToLower(strings.TrimSpace(value))
	if name == "" {
		return hclog.Info, nil
	}
	if !slices.Contains(levels, name) {
		return hclog.NoLevel, services.Errorf(services.CodeInvalid, "%s is %q, which is not a log level", LogVar, value).
			WithHint("Set it to one of %s, or leave it out for info", strings.Join(levels, ", "))
	}
	return hclog.LevelFromString(name), nil
}

// NewLogger returns the logger of a workload, which writes to w (stderr in a
// task) at the level that value names; see [Level].
func NewLogger(name string, w io.Writer, value string) (hclog.Logger, error) {
	level, err := Level(value)
	if err != nil {
		return nil, err
	}
	return hclog.New(&hclog.LoggerOptions{Name: name, Level: level, Output: w}), nil
}
