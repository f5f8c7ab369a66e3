package services

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// Endpoint names a server that Drover talks to, so that every error about it
// can say which one, where, and which variable to set.
type Endpoint struct {
	Server   string // "Nomad", "Consul" or "Vault"
	Address  string // URL
	AddrVar  string // environment variable of the address
	TokenVar string // environment variable of the token
}

// Unreachable turns a transport error into one sentence and what to do.
func (e Endpoint) Unreachable(err error) *Error {
	return &Error{
		Code:    CodeUnavailable,
		Message: "cannot reach " + e.Server + " at " + e.Address + ": " + rootCause(err),
		Hint:    "Start " + e.Server + ", or set " + e.AddrVar + " to its address",
		Err:     err,
	}
}

// Refused turns an HTTP status that means "not you" or "not now" into one
// sentence and what to do, and returns nil for every other status. doing says
// what was tried, such as "register job app-x". detail is the server's text.
func (e Endpoint) Refused(status int, doing, detail string) *Error {
	detail = strings.TrimSpace(detail)
	switch {
	case status == 401 || (status == 403 && badToken(detail)):
		return &Error{
			Code:    CodeUnauthorized,
			Message: e.Server + " at " + e.Address + " does not accept the token (" + doing + ")",
			Hint:    "Set " + e.TokenVar + " to a token that exists and has not expired",
		}
	case status == 403:
		return &Error{
			Code:    CodeForbidden,
			Message: e.Server + " at " + e.Address + " does not permit the token to " + doing,
			Hint:    "Give the token in " + e.TokenVar + " the policy that \"drover operator policy\" prints",
		}
	case status == 429 || status >= 500 && (status == 503 || strings.Contains(detail, "No cluster leader") || strings.Contains(detail, "sealed")):
		return &Error{
			Code:    CodeUnavailable,
			Message: e.Server + " at " + e.Address + " cannot " + doing + " now: " + firstLine(detail),
			Hint:    "Wait until it has a leader and is unsealed, then try again",
		}
	}
	return nil
}

// badToken tells an unknown or expired token from a missing permission; the
// three servers answer 403 to both.
func badToken(detail string) bool {
	for _, s := range []string{"ACL not found", "ACL token not found", "ACL token expired", "token not found", "invalid token", "bad token"} {
		if strings.Contains(detail, s) {
			return true
		}
	}
	return false
}

// rootCause is the innermost readable reason of a transport error: without
// the URL, the verb and the socket addresses that wrap it.
func rootCause(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return "no such host " + dns.Name
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		err = op.Err
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := err.Error()
	if i := strings.LastIndex(text, "connect: "); i >= 0 {
		text = text[i+len("connect: "):]
	}
	return firstLine(text)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}
