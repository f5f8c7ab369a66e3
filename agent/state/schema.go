package state

import (
	"strings"
	"time"

	"github.com/drover-platform/drover/services"
)

// The keys, in ASCII, with "/" between parts that contain none:
//
//	meta/schema                  -> decimal text, never encoded
//	platform/<identity>          -> PlatformRecord
//	applied/<platform>/<job>     -> Applied without Spec
//	spec/<platform>/<job>        -> Applied.Spec, apart so that listing thousands of jobs reads none
//	volume/<platform>/<volume>   -> VolumeRecord
//	volume_id/<Nomad volume ID>  -> <platform>/<volume>      (unique index)
//	history/<platform>/<started> -> ApplyRecord; fixed-width UTC time, so that keys sort by it

// Schema is the version of the key layout that this build reads and writes.
const Schema = 1

const (
	schemaKey    = "meta/schema"
	volumeIDRoot = "volume_id/"
)

// The buckets. The number is the version of the value's JSON.
var (
	platforms = bucket[PlatformRecord]{name: "platform", version: 1}
	applied   = bucket[Applied]{name: "applied", version: 1}
	specs     = bucket[spec]{name: "spec", version: 1}
	volumes   = bucket[VolumeRecord]{name: "volume", version: 1}
	history   = bucket[ApplyRecord]{name: "history", version: 1}
)

// timeKey sorts as text in the order of time and holds the full precision.
const timeKey = "20060102T150405.000000000Z"

func historyKey(at time.Time) string { return at.UTC().Format(timeKey) }

// maxKeyPart bounds what others put into keys, in bytes; Badger's own bound on
// a whole key is 65,000.
const maxKeyPart = 512

// keyPart checks that s can stand between two slashes of a key.
func keyPart(what, s string) error {
	bad := func(r rune) bool { return r == '/' || r < 0x20 || r == 0x7f }
	switch {
	case s == "":
		return services.Errorf(services.CodeInvalid, "the %s is empty", what)
	case len(s) > maxKeyPart:
		return services.Errorf(services.CodeInvalid, "the %s has %d bytes; at most %d are allowed", what, len(s), maxKeyPart)
	case strings.ContainsFunc(s, bad):
		return services.Errorf(services.CodeInvalid, "the %s %q contains a slash or a control character", what, s)
	}
	return nil
}
