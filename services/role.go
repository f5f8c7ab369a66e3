package services

import "slices"

// Role says what somebody may do.
type Role string

// The roles, from the least to the most. Each may what the ones before may.
const (
	RoleNone   Role = ""       // nobody in particular: what needs it is open to all
	RoleViewer Role = "viewer" // reads
	RoleMember Role = "member" // and plans
	RoleAdmin  Role = "admin"  // and changes
)

// RoleRule says in words what the roles are.
const RoleRule = "viewer, member or admin"

// Roles returns the roles that somebody can be given, from the least to the
// most.
func Roles() []Role { return []Role{RoleViewer, RoleMember, RoleAdmin} }

// Valid reports whether somebody can be given the role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Allows reports whether r may do what needs at least a role. What needs
// [RoleNone] everybody may; a role that does not exist is nobody's, as a need
// and as a possession.
func (r Role) Allows(need Role) bool {
	if need == RoleNone {
		return true
	}
	return need.Valid() && slices.Index(Roles(), r) >= slices.Index(Roles(), need)
}

// ParseRole reads a role that somebody can be given. An unknown one is
// CodeInvalid.
func ParseRole(s string) (Role, error) {
	if r := Role(s); r.Valid() {
		return r, nil
	}
	return RoleNone, Errorf(CodeInvalid, "%q is not a role: want %s", s, RoleRule)
}
