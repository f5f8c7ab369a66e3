package services

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRole_Allows(t *testing.T) {
	want := map[Role]string{RoleNone: "", RoleViewer: "viewer", RoleMember: "viewer member", RoleAdmin: "viewer member admin", "root": ""}
	for role, allowed := range want {
		got := ""
		for _, need := range Roles() {
			if role.Allows(need) {
				if got != "" {
					got += " "
				}
				got += string(need)
			}
		}
		require.Equal(t, allowed, got, "%q", role)
		require.True(t, role.Allows(RoleNone))
		require.False(t, role.Allows("root"), "a role that does not exist is nobody's")
	}
}

func TestParseRole(t *testing.T) {
	for _, r := range Roles() {
		got, err := ParseRole(string(r))
		require.NoError(t, err)
		require.Equal(t, r, got)
	}
	for _, s := range []string{"", "Admin", "root", "admin "} {
		_, err := ParseRole(s)
		require.Equal(t, CodeInvalid, ErrorCode(err), "%q", s)
	}
}
