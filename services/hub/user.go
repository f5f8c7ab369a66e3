package hub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/drover-platform/drover/services"
)

// Role says what a user may do.
type Role string

// The roles. An Admin may register users with a role of choice; both share
// projects.
const (
	RoleAdmin    Role = "Admin"
	RoleStandard Role = "Standard"
)

// User is an account.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
	Role     Role   `json:"role"`
}

// account is a registration as it arrives.
type account struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Role     Role   `json:"role"`
}

// The bounds of a registration, in bytes.
const (
	maxUsername = 64
	maxEmail    = 254
	minPassword = 8
	maxPassword = 1024
)

// validate checks a registration and brings its fields into the form that is
// stored.
func (a *account) validate() error {
	a.Username = strings.TrimSpace(a.Username)
	if err := checkText("username", a.Username, maxUsername); err != nil {
		return err
	}
	address, err := mail.ParseAddress(strings.TrimSpace(a.Email))
	if err != nil || address.Name != "" || len(address.Address) > maxEmail || !strings.EqualFold(address.Address, strings.TrimSpace(a.Email)) {
		return services.Errorf(services.CodeInvalid, "email is not an e-mail address").
			WithHint("Send it alone, such as alice@example.org")
	}
	a.Email = strings.ToLower(address.Address)
	if n := len(a.Password); n < minPassword || n > maxPassword {
		return services.Errorf(services.CodeInvalid, "password has %d bytes", n).
			WithHint("Use %d to %d", minPassword, maxPassword)
	}
	switch {
	case a.Role == "":
		a.Role = RoleStandard
	case strings.EqualFold(string(a.Role), string(RoleAdmin)):
		a.Role = RoleAdmin
	case strings.EqualFold(string(a.Role), string(RoleStandard)):
		a.Role = RoleStandard
	default:
		return services.Errorf(services.CodeInvalid, "role is %q", a.Role).
			WithHint("Use %s or %s, or leave it out", RoleAdmin, RoleStandard)
	}
	return nil
}

// checkText checks a line that people read: not empty, no longer than max
// bytes, UTF-8 without control characters.
func checkText(field, value string, max int) error {
	bad := !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl)
	if value == "" || len(value) > max || bad {
		return services.Errorf(services.CodeInvalid, "%s is empty, longer than %d bytes, or not one line of text", field, max).
			WithHint("Send a %s of 1 to %d bytes", field, max)
	}
	return nil
}

// addUser stores a new account. The first becomes Admin; byAdmin says
// whether the role that was asked for may be given to a later one.
func (d *database) addUser(ctx context.Context, id string, a account, hash string, byAdmin bool, now time.Time) (*User, error) {
	user := &User{ID: id, Username: a.Username, Email: a.Email, Role: a.Role}
	err := d.update(ctx, func(tx *sql.Tx) error {
		var exists bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM users)").Scan(&exists); err != nil {
			return fmt.Errorf("look for users: %w", err)
		}
		switch {
		case !exists:
			user.Role = RoleAdmin
		case user.Role == RoleAdmin && !byAdmin:
			return services.Errorf(services.CodeForbidden, "only an Admin can register an Admin").
				WithHint("Register as Standard, or send an Admin's bearer token")
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO users (id, username, email, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			user.ID, user.Username, user.Email, user.Role, hash, now.Unix())
		if unique(err) {
			return services.Errorf(services.CodeConflict, "the username or the e-mail address is already registered").
				WithHint("Sign in, or choose another")
		}
		if err != nil {
			return fmt.Errorf("insert user: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// user returns an account by its ID. Returns not_found.
func (d *database) user(ctx context.Context, id string) (*User, error) {
	user, _, err := d.userWhere(ctx, "id = ?", id)
	return user, err
}

// userWhere returns the account that a condition picks, and its password's
// hash. Returns not_found.
func (d *database) userWhere(ctx context.Context, condition string, arg any) (*User, string, error) {
	var user User
	var hash string
	err := d.readers.QueryRowContext(ctx, "SELECT id, username, email, role, password FROM users WHERE "+condition, arg).
		Scan(&user.ID, &user.Username, &user.Email, &user.Role, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", services.Errorf(services.CodeNotFound, "there is no such account")
	}
	if err != nil {
		return nil, "", fmt.Errorf("read user: %w", err)
	}
	return &user, hash, nil
}
