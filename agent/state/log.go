package state

import (
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/hashicorp/go-hclog"
)

// badgerLog passes Badger's log on. Badger's "info" is about its own tables,
// which is debugging to everybody else.
type badgerLog struct{ logger hclog.Logger }

var _ badger.Logger = badgerLog{}

func (l badgerLog) Errorf(format string, args ...any) { l.logger.Error(line(format, args)) }

func (l badgerLog) Warningf(format string, args ...any) { l.logger.Warn(line(format, args)) }

func (l badgerLog) Infof(format string, args ...any) { l.logger.Debug(line(format, args)) }

func (l badgerLog) Debugf(format string, args ...any) { l.logger.Trace(line(format, args)) }

func line(format string, args []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(format, args...))
}
