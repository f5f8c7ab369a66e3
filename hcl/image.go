package hcl

import (
	"regexp"
	"strings"
)

// The parts of an image reference, as registries accept them (OCI
// distribution specification 1.1; the host as Docker reads it).
var (
	imageHost   = regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$`)
	imagePath   = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	imageTag    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	imageDigest = regexp.MustCompile(`^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
)

const imageRule = `An image carries an exact version, such as "registry.example:5000/team/hub:3.0.1234", or a digest, such as "team/hub@sha256:...": what runs then never changes by itself.`

// badImage returns what is wrong with an image reference, or "".
func badImage(s string) (summary, detail string) {
	if strings.Contains(s, "://") {
		return "Invalid image", quote(s) + " is not an image: leave out the protocol before the registry's name. " + imageRule
	}
	rest, digest, hasDigest := strings.Cut(s, "@")
	// The host ends at the first slash, if it looks like one. Its colon is a
	// port; a colon after the last slash starts the tag.
	name, tag, hasTag := rest, "", false
	if i := strings.LastIndex(rest, ":"); i > strings.LastIndex(rest, "/") {
		name, tag, hasTag = rest[:i], rest[i+1:], true
	}
	path := name
	if host, after, found := strings.Cut(name, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost" || host != strings.ToLower(host)) {
		if !imageHost.MatchString(host) {
			return "Invalid image", quote(s) + " is not an image: " + quote(host) + " is not a registry's host name. " + imageRule
		}
		path = after
	}
	switch {
	case !imagePath.MatchString(path):
		return "Invalid image", quote(s) + " is not an image: " + quote(path) + " is not a repository name, which has lower-case letters, digits, dots, dashes, underscores and slashes. " + imageRule
	case hasDigest && !imageDigest.MatchString(digest):
		return "Invalid image digest", quote(digest) + ` is not a digest: want "sha256:" and 64 hexadecimal digits. ` + imageRule
	case hasTag && !imageTag.MatchString(tag):
		return "Invalid image tag", quote(tag) + " is not a tag: want up to 128 letters, digits, dots, dashes and underscores. " + imageRule
	case hasTag && tag == "latest" && !hasDigest:
		return "Image without version", quote(s) + " is whatever was pushed last. " + imageRule
	case !hasTag && !hasDigest:
		return "Image without version", quote(s) + ` has no tag and so means "latest". ` + imageRule
	}
	return "", ""
}
