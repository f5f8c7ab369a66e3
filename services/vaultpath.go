package services

import "regexp"

var vaultPathPattern = regexp.MustCompile(`^[A-Za-z0-9_.~@:=,-]+(/[A-Za-z0-9_.~@:=,-]+)+$`)

var vaultDots = regexp.MustCompile(`(^|/)\.{1,2}(/|$)`)

// ValidVaultPath reports whether a Vault policy can permit exactly that API
// path. Vault reads "*" and "+" in a policy as wildcards and "{{" as a
// template, and knows no way to escape them.
func ValidVaultPath(s string) bool {
	return vaultPathPattern.MatchString(s) && !vaultDots.MatchString(s)
}

// VaultPathRule says in words what [ValidVaultPath] accepts.
const VaultPathRule = `a Vault path is a mount and what is below it, such as "secret/data/team/hub" or "aws/creds/hub": letters, digits and -_.~@:=, in segments with a slash between, without wildcards`
