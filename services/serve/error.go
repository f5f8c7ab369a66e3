package serve

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/drover-platform/drover/services"
)

// TooLarge says that a request's body is larger than the server takes.
type TooLarge struct {
	Limit int64 // bytes
}

// Error says what the limit is.
func (e *TooLarge) Error() string {
	return fmt.Sprintf("the request's body is larger than %d bytes", e.Limit)
}

// ErrorReply is the body of every reply that reports an error.
type ErrorReply struct {
	Code  services.Code `json:"code"`
	Error string        `json:"error"`          // one sentence: what is wrong
	Hint  string        `json:"hint,omitempty"` // one sentence: what to do
}

// Explain returns the HTTP status and the reply for an error. What is not
// meant for people stays in the server: its text is "internal error".
func Explain(err error) (int, ErrorReply) {
	switch e := find(err); {
	case e.large != nil:
		return http.StatusRequestEntityTooLarge, ErrorReply{
			Code:  services.CodeInvalid,
			Error: e.large.Error(),
			Hint:  "Send less at once, or let the operator raise the limit",
		}
	case e.known != nil:
		return status(e.known.Code), ErrorReply{Code: e.known.Code, Error: e.known.Message, Hint: e.known.Hint}
	default:
		return http.StatusInternalServerError, ErrorReply{
			Code:  services.CodeInternal,
			Error: "internal error",
			Hint:  "The server's log has the cause under this request",
		}
	}
}

func status(code services.Code) int {
	switch code {
	case services.CodeInvalid:
		return http.StatusBadRequest
	case services.CodeNotFound:
		return http.StatusNotFound
	case services.CodeConflict:
		return http.StatusConflict
	case services.CodeUnauthorized:
		return http.StatusUnauthorized
	case services.CodeForbidden:
		return http.StatusForbidden
	case services.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

type found struct {
	large *TooLarge
	known *services.Error
}

func find(err error) found {
	if large, ok := errors.AsType[*TooLarge](err); ok {
		return found{large: large}
	}
	known, _ := errors.AsType[*services.Error](err)
	return found{known: known}
}
