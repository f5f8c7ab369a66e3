package nomad

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-platform/drover/services"
)

// Version is a release of Nomad: major, minor, patch.
type Version [3]int

// oldest is the oldest Nomad that Drover works with: the first with dynamic
// host volumes.
var oldest = Version{1, 10, 0}

// ParseVersion reads "1.11.3", "v2.0.5" and "1.10.0-beta.1+ent".
func ParseVersion(text string) (Version, error) {
	var v Version
	plain := strings.TrimPrefix(text, "v")
	if n, _ := fmt.Sscanf(plain, "%d.%d.%d", &v[0], &v[1], &v[2]); n != 3 {
		return v, services.Errorf(services.CodeInvalid, "%q is not a version of Nomad", text)
	}
	return v, nil
}

// Before reports whether v is older than w.
func (v Version) Before(w Version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// String returns "1.11.3".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// EnforcesMaxRunDuration reports whether this Nomad ends allocations at their
// max_run_duration. Older ones drop the field without a word.
func (v Version) EnforcesMaxRunDuration() bool { return !v.Before(Version{2, 0, 3}) }

// RacyRegister reports whether two registrations at the same moment may both
// pass the check-and-set of this Nomad (GH-27832).
func (v Version) RacyRegister() bool {
	if v[0] == 2 {
		return v.Before(Version{2, 0, 1})
	}
	return v.Before(Version{1, 11, 5})
}

// Version returns the version of the Nomad agent that answers, which is a
// server's or one that talks to servers at least as new. It returns
// CodeInvalid for one that is too old for Drover.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var self struct {
		Config struct {
			Version struct{ Version string }
		} `json:"config"`
	}
	if _, err := c.api.Raw().Query("/v1/agent/self", &self, c.query(ctx)); err != nil {
		return Version{}, c.explain("read the agent's version", err)
	}
	v, err := ParseVersion(self.Config.Version.Version)
	if err != nil {
		return v, err
	}
	if v.Before(oldest) {
		return v, services.Errorf(services.CodeInvalid, "Nomad at %s is %s, which is too old: it has no dynamic host volumes", c.cfg.Address, v).
			WithHint("Upgrade Nomad to %s or newer", oldest)
	}
	return v, nil
}
