package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/drover-platform/drover/services"
)

// WriteJSON answers with a JSON value and a final newline. Nothing can be
// done about a client that went away, so it reports nothing.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)             // ends its output with a line end
	enc.SetEscapeHTML(false)                  // it is read as JSON and never as a page
	if err := enc.Encode(value); err != nil { // a programming error: every reply is made of plain data
		http.Error(w, `{"code":"internal","error":"internal error"}`, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// ReadJSON reads the one JSON value of a request's body into value. It
// accepts at most limit bytes, no unknown fields and nothing after the value,
// and returns a [services.Error] that says which of these was broken.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, value any) error {
	body, err := ReadBody(w, r, limit, "application/json")
	if err != nil {
		return err
	}
	return Decode(body, value)
}

// ReadBody reads a request's body of at most limit bytes. A Content-Type that
// is there must be the media type wanted.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64, wanted string) ([]byte, error) {
	if err := CheckType(r, wanted); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, BodyError(err)
	}
	return body, nil
}

// CheckType checks that a Content-Type, when there is one, is the media type
// wanted. Clients that send none are taken at their word.
func CheckType(r *http.Request, wanted string) error {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	if got, _, err := mime.ParseMediaType(header); err == nil && got == wanted {
		return nil
	}
	return services.Errorf(services.CodeInvalid, "the body is %q", header).
		WithHint("Send it with the header Content-Type: %s", wanted)
}

// BodyError explains why a request's body could not be read to its end.
func BodyError(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &TooLarge{Limit: tooLarge.Limit}
	}
	return services.Errorf(services.CodeInvalid, "the request's body ended early: %w", err).
		WithHint("Send it again")
}

// Decode reads the one JSON value in body, strictly: unknown fields and
// anything after the value are errors.
func Decode(body []byte, value any) error {
	if !utf8.Valid(body) { // the decoder would replace what it cannot read
		return services.Errorf(services.CodeInvalid, "the body is not UTF-8").WithHint("Send one JSON value in UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(value)
	if err == nil {
		if _, err := dec.Token(); err != io.EOF {
			return services.Errorf(services.CodeInvalid, "the body has something after its JSON value").
				WithHint("Send one JSON value")
		}
		return nil
	}
	if errors.Is(err, io.EOF) {
		return services.Errorf(services.CodeInvalid, "the body is empty").WithHint("Send a JSON value")
	}
	if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := "the body"
		if field.Field != "" {
			what = fmt.Sprintf("field %q of the body", field.Field)
		}
		return services.Errorf(services.CodeInvalid, "%s cannot be a JSON %s", what, field.Value).
			WithHint("It must be %s", jsonName(field))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return services.Errorf(services.CodeInvalid, "the body has the unknown field %s", name).
			WithHint("Remove it, or look for a spelling mistake")
	}
	return services.Errorf(services.CodeInvalid, "the body is not JSON: %s", strings.TrimPrefix(err.Error(), "json: ")).
		WithHint("Send one JSON value in UTF-8")
}

// Verb returns the field "verb" of the JSON object in body, "" when there is
// none. The other fields are for the verb's own [Decode].
func Verb(body []byte) (string, error) {
	var head struct {
		Verb string `json:"verb"`
	}
	if utf8.Valid(body) && json.Unmarshal(body, &head) == nil {
		return head.Verb, nil
	}
	return "", Decode(body, &head) // which says what is wrong
}

// jsonName says in JSON's words what a field must be.
func jsonName(e *json.UnmarshalTypeError) string {
	switch kind := e.Type.Kind().String(); {
	case kind == "bool":
		return "a boolean"
	case strings.Contains(kind, "int"), strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "slice":
		return "a list"
	case kind == "struct", kind == "map":
		return "an object"
	default:
		return "a string"
	}
}
