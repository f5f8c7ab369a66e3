package hcl

import (
	"path"
	"regexp"
	"strings"
)

// reservedPaths are folders of a task that Nomad or the kernel own.
var reservedPaths = []string{"/alloc", "/local", "/secrets", "/dev", "/proc", "/sys"}

// badMount returns what is wrong with the place of a volume in a task, or "".
func badMount(mount string) string {
	switch {
	case !strings.HasPrefix(mount, "/"):
		return `is not absolute. Start it with a slash, as in "/data".`
	case path.Clean(mount) == "/":
		return `is the whole file system. Give a folder of its own, such as "/data".`
	case path.Clean(mount) != mount:
		return "is not in its shortest form. Write " + quote(path.Clean(mount)) + "."
	case strings.ContainsAny(mount, `:,"\${}`):
		return "contains one of the characters : , \" \\ $ { }, which Nomad's mounts do not allow."
	}
	for _, r := range reservedPaths {
		if under(mount, r) {
			return "is in " + r + ", which belongs to Nomad or the kernel. Choose another folder, such as \"/data\"."
		}
	}
	return ""
}

// under reports whether a clean absolute path is folder or lies in it.
func under(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}

var vaultPath = regexp.MustCompile(`^[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+$`)

// badVaultPath returns what is wrong with the API path of a secret, or "".
// Wildcards of Vault's policies are not in the alphabet: a job may read what
// it names and nothing else.
func badVaultPath(p, mount string) string {
	if !vaultPath.MatchString(p) || path.Clean(p) != p {
		return `is not a path in Vault: want a mount and what follows, without a slash at the ends, such as "secret/data/team/hub" or "aws/creds/hub".`
	}
	rest, inMount := strings.CutPrefix(p, mount+"/")
	if !inMount {
		return ""
	}
	first, after, _ := strings.Cut(rest, "/")
	switch {
	case first != "data":
		return "is in " + quote(mount) + ", whose secrets have versions: their paths go on with \"data\". Did you mean " + quote(mount+"/data/"+rest) + "?"
	case after == "":
		return "names no secret after " + quote(mount+"/data") + "."
	case under("/"+after, "/drover"):
		return "is where Drover keeps the secrets that it generates, each for one job. Keep your own secrets elsewhere, such as " + quote(mount+"/data/team/hub") + "."
	}
	return ""
}
