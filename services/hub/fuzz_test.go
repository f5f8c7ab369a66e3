package hub

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// ask asks the handler without a network, in the name of a user or nobody.
func ask(s *Server, user *User, body string) (int, string) {
	request := httptest.NewRequest("POST", "/remote", strings.NewReader(body))
	if user != nil {
		token, err := s.keys.signToken(user.ID, s.cfg.Now(), time.Hour)
		if err != nil {
			return 0, err.Error()
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

// FuzzRemote: no body makes the Hub fail or answer without explaining.
func FuzzRemote(f *testing.F) {
	server, err := New(Config{DatabaseURL: filepath.Join(f.TempDir(), "x.db"), SharedSecret: services.NewToken(testSecret)})
	require.NoError(f, err)
	f.Cleanup(func() { _ = server.Close() })
	user, err := server.db.addUser(f.Context(), "ADMIN", account{Username: "a", Email: "a@b"}, nobody, true, server.cfg.Now())
	require.NoError(f, err)
	for _, seed := range []string{`{"verb":"whoami"}`, `{"verb":"publish","title":"x","content":"y"}`, `{"verb":"push","id":"x","revision":9223372036854775807,"content":"y"}`,
		`{"verb":"pull","id":"x","revision":-1}`, `{"verb":"peek","id":"'; DROP TABLE users; --"}`, `null`, `[]`, `{"verb":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, who := range []*User{nil, user} {
			status, reply := ask(server, who, body)
			require.Contains(t, []int{200, 400, 401, 403, 404, 409, 413}, status, reply)
			if status != 200 {
				require.Contains(t, reply, `"hint"`)
			}
		}
	})
}
