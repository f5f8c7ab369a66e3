package serve

import (
	"net/http"
	"strings"

	"github.com/drover-platform/drover/services"
)

// Fallback answers requests that no pattern of mux matches in the same words
// as every other error: 404 when there is nothing at the path, 405 when the
// method is the wrong one.
func Fallback(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		// A catch-all pattern would turn every 405 into a 404, so ask the
		// mux's own answer for its status and its Allow header.
		var refusal refusal
		mux.ServeHTTP(&refusal, r)
		err := services.Errorf(services.CodeNotFound, "there is nothing at %s", r.URL.Path).WithHint("Check the address")
		code, reply := Explain(err)
		if allow := refusal.header.Get("Allow"); refusal.status == http.StatusMethodNotAllowed {
			code = refusal.status
			reply = ErrorReply{
				Code:  services.CodeInvalid,
				Error: r.Method + " is not possible at " + r.URL.Path,
				Hint:  "Use " + strings.ReplaceAll(allow, ",", " or"),
			}
			w.Header().Set("Allow", allow)
		}
		WriteJSON(w, code, reply)
	})
}

// refusal keeps what a mux answers and drops its text.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
func (r *refusal) WriteHeader(status int)      { r.status = status }

// Secure keeps other sites' pages from using a workload in the name of who
// looks at them: unsafe requests from another origin are refused (clients
// that are not browsers send no origin), and pages may load and run nothing
// but their own style.
func Secure(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		code, reply := Explain(services.Errorf(services.CodeForbidden, "the request comes from a page of another site").
			WithHint("Open the page at its own address"))
		WriteJSON(w, code, reply)
	}))
	checked := origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		checked.ServeHTTP(w, r)
	})
}
