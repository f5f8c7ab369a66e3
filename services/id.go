package services

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"regexp"
	"strings"
)

// Kind says what sort of thing an ID names. It is the ID's prefix.
type Kind string

// The kinds of things that get an ID.
const (
	KindApp     Kind = "app"
	KindHub     Kind = "hub"
	KindLinkage Kind = "linkage"
	KindRunner  Kind = "runner"
	KindUser    Kind = "user"
	KindVolume  Kind = "vol"
)

// hashLen is the number of base32 characters of an ID's hash: 60 bits, so
// that a million Apps collide with a probability below one in a million.
const hashLen = 12

// MaxName is the longest label and ID, in bytes: a DNS label (RFC 1035).
const MaxName = 63

// ID names one thing for Nomad, Consul and Vault: "<kind>-<12 characters>".
// It is a DNS label and never carries a person's name.
type ID string

// JobID is the ID of a Nomad job, which is also the name of its Consul
// service.
type JobID = ID

var (
	idPattern   = regexp.MustCompile(`^(app|hub|linkage|runner|user|vol)-[a-z2-7]{12}$`)
	namePattern = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// Derive returns the ID of the thing of that kind with that identity. Each
// part is hashed with its length, so that ("a", "bc") and ("ab", "c") differ.
func Derive(kind Kind, identity ...string) ID {
	h := sha256.New()
	for _, part := range append([]string{string(kind)}, identity...) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return ID(string(kind) + "-" + base32Lower.EncodeToString(h.Sum(nil))[:hashLen])
}

// ParseID checks that s is an ID as [Derive] makes them.
func ParseID(s string) (ID, error) {
	if !idPattern.MatchString(s) {
		return "", Errorf(CodeInvalid, "%q is not an ID: want a kind (app, hub, linkage, runner, user or vol), a dash and 12 characters of a-z and 2-7", s)
	}
	return ID(s), nil
}

// Kind returns the ID's prefix.
func (id ID) Kind() Kind {
	kind, _, _ := strings.Cut(string(id), "-")
	return Kind(kind)
}

// Hash returns the twelve characters after the kind.
func (id ID) Hash() string {
	_, hash, _ := strings.Cut(string(id), "-")
	return hash
}

// String returns the ID as it is written.
func (id ID) String() string { return string(id) }

// VolumeID returns the ID of the one durable volume of the thing id.
func (id ID) VolumeID() ID { return ID(string(KindVolume) + "-" + id.Hash()) }

// ValidName reports whether s can label a block: a DNS label that starts with
// a letter, in lower case, of at most [MaxName] bytes.
func ValidName(s string) bool { return namePattern.MatchString(s) }

// NameRule says in words what [ValidName] accepts.
const NameRule = "a name starts with a lower-case letter and goes on with lower-case letters, digits and dashes, at most 63 in all"
