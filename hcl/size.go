package hcl

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Sizes of memory, datasets and volumes.
const (
	mib     = 1 << 20
	maxSize = 1 << 50 // 1 PiB: more is a typing mistake, and four times it fits an int64
)

// units of sizes, in bytes. The binary ones are Nomad's, which counts memory
// and volumes in MiB; the decimal ones are those of datasets.
var units = map[string]int64{
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	"kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
}

const unitRule = `A size is a string with a unit, such as "512MiB" or "2GB": KiB, MiB, GiB and TiB are powers of 1024, kB, MB, GB and TB powers of 1000.`

var sizePattern = regexp.MustCompile(`^([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)$`)

// size reads a size in bytes, rounded up.
func (c *converter) size(a *hcl.Attribute) (int64, state) {
	v, st := c.value(a)
	if st != ok {
		return 0, st
	}
	at := a.Expr.Range()
	if v.Type() == cty.Number {
		c.errorAt(at, "Size without unit", "The argument %s has no unit. %s", a.Name, unitRule)
		return 0, faulty
	}
	if v.Type() != cty.String {
		c.errorAt(at, "Wrong type", "The argument %s takes a size, and this is %s. %s", a.Name, typeName(v), unitRule)
		return 0, faulty
	}
	bytes, summary, detail := parseSize(v.AsString())
	if summary != "" {
		c.errorAt(at, summary, "%s", detail)
		return 0, faulty
	}
	return bytes, ok
}

// parseSize reads a size, or says what is wrong in a summary and a detail.
func parseSize(s string) (bytes int64, summary, detail string) {
	m := sizePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, "Invalid size", fmt.Sprintf("%s is not a size. %s", quote(s), unitRule)
	}
	if m[2] == "" {
		return 0, "Size without unit", fmt.Sprintf("%s has no unit. %s", quote(s), unitRule)
	}
	unit, known := units[m[2]]
	if !known {
		return 0, "Unknown unit", fmt.Sprintf("%s is not a unit.%s %s", quote(m[2]), didYouMeanUnit(m[2]), unitRule)
	}
	n, valid := new(big.Rat).SetString(m[1])
	if !valid {
		return 0, "Invalid size", fmt.Sprintf("%s is not a size. %s", quote(s), unitRule)
	}
	n.Mul(n, new(big.Rat).SetInt64(unit))
	switch {
	case n.Sign() == 0:
		return 0, "Size is zero", fmt.Sprintf("%s is nothing. Give a size above zero.", quote(s))
	case n.Cmp(new(big.Rat).SetInt64(maxSize)) > 0:
		return 0, "Size too large", fmt.Sprintf("%s is more than 1024TiB, the largest size there is.", quote(s))
	}
	whole := new(big.Int).Add(n.Num(), new(big.Int).Sub(n.Denom(), big.NewInt(1)))
	return whole.Quo(whole, n.Denom()).Int64(), "", ""
}

// didYouMeanUnit knows the ways that other tools write units.
func didYouMeanUnit(given string) string {
	switch strings.ToLower(given) {
	case "k", "ki", "kib":
		return ` Did you mean "KiB"?`
	case "m", "mi", "mib":
		return ` Did you mean "MiB"?`
	case "g", "gi", "gib":
		return ` Did you mean "GiB"?`
	case "t", "ti", "tib":
		return ` Did you mean "TiB"?`
	case "kb", "mb", "gb", "tb":
		return fmt.Sprintf(" Did you mean %q?", strings.ToUpper(given))
	}
	return ""
}

// inMiB is a size in MiB, rounded up.
func inMiB(bytes int64) int { return int((bytes + mib - 1) / mib) }

// durationRule says what a duration is.
const durationRule = `A duration is a string of numbers and units, such as "90s", "30m", "2h" or "1h30m"; the units are s, m and h.`

// duration reads a duration of whole seconds.
func (c *converter) duration(a *hcl.Attribute) (int64, state) {
	v, st := c.value(a)
	if st != ok {
		return 0, st
	}
	at := a.Expr.Range()
	if v.Type() != cty.String {
		c.errorAt(at, "Wrong type", "The argument %s takes a duration, and this is %s. %s", a.Name, typeName(v), durationRule)
		return 0, faulty
	}
	s := v.AsString()
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		hint := ""
		if regexp.MustCompile(`[0-9](d|days?|w|weeks?)$`).MatchString(s) {
			hint = ` Days and weeks are written in hours: "48h".`
		}
		c.errorAt(at, "Invalid duration", "%s is not a duration.%s %s", quote(s), hint, durationRule)
	case d < time.Second:
		c.errorAt(at, "Duration too short", "%s is less than a second. For no limit, leave %s out.", quote(s), a.Name)
	case d > 10*365*24*time.Hour:
		c.errorAt(at, "Duration too long", "%s is more than ten years. For no limit, leave %s out.", quote(s), a.Name)
	case d%time.Second != 0:
		c.errorAt(at, "Invalid duration", "%s is not a whole number of seconds.", quote(s))
	default:
		return int64(d / time.Second), ok
	}
	return 0, faulty
}
