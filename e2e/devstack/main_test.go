package devstack

import (
	"os"
	"strconv"
	"testing"
)

func TestMain(m *testing.M) {
	if IsSupervisor() {
		os.Exit(SupervisorMain())
	}
	os.Exit(m.Run())
}

func itoa(n int) string { return strconv.Itoa(n) }
