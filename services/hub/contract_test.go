package hub

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// TestContract walks through the published API, with its mistakes, and pins
// every reply. <alice> and <bob> stand for tokens, <id> for the project.
func TestContract(t *testing.T) {
	h := newHub(t)
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("alice@example.org:password-alice"))
	tokens := map[string]string{}
	project := ""
	random := regexp.MustCompile(`[A-Z2-7]{26}`)
	secrets := regexp.MustCompile(`ey[\w-]+\.[\w-]+\.[\w-]+`)
	var out bytes.Buffer
	remote := func(header, body string) []string { return []string{"POST", "/remote", header, body} }
	for _, s := range [][]string{
		{"GET", "/ruok", "", ""},
		remote("", `{"verb":"whoami"}`),
		remote("", `{"verb":"register","username":"alice","email":"alice@example.org","password":"short"}`),
		remote("", `{"verb":"register","username":"","email":"alice@example.org","password":"password-alice"}`),
		remote("", `{"verb":"register","username":"alice","email":"Alice <alice@example.org>","password":"password-alice"}`),
		remote("", `{"verb":"register","username":"alice","email":"alice","password":"password-alice"}`),
		remote("", `{"verb":"register","username":"alice","email":"alice@example.org","password":"password-alice","role":"Root"}`),
		remote("", `{"verb":"register","username":"alice","email":"Alice@Example.org","password":"password-alice","role":"Standard"}`),
		remote("", `{"verb":"register","username":"ALICE","email":"other@example.org","password":"password-alice"}`),
		remote("", `{"verb":"register","username":"other","email":"alice@example.org","password":"password-alice"}`),
		remote("", `{"verb":"register","username":"bob","email":"bob@example.org","password":"password-bob","role":"Admin"}`),
		remote("", `{"verb":"register","username":"bob","email":"bob@example.org","password":"password-bob"}`),
		{"POST", "/remote/login", "", `{"email":"alice@example.org","password":"password-bob"}`},
		{"POST", "/remote/login", "", `{"email":"nobody@example.org","password":"password-bob"}`},
		{"POST", "/remote/login", "", `{"email":"alice@example.org"}`},
		{"POST", "/remote/login", "", `{"email":"ALICE@example.org","password":"password-alice"}`},
		remote(basic, `{"verb":"login"}`),
		remote("", `{"verb":"login"}`),
		remote("<bob>", `{"verb":"register","username":"carol","email":"carol@example.org","password":"password-carol","role":"Admin"}`),
		remote("<alice>", `{"verb":"register","username":"carol","email":"carol@example.org","password":"password-carol","role":"admin"}`),
		remote("<alice>", `{"verb":"whoami"}`),
		remote("<bob>", `{"verb":"whoami"}`),

		remote("<alice>", `{"verb":"fetch"}`),
		remote("", `{"verb":"publish","title":"Tickets","content":"one"}`),
		remote("<alice>", `{"verb":"publish","title":"","content":"one"}`),
		remote("<alice>", `{"verb":"publish","title":"Tickets"}`),
		remote("<alice>", `{"verb":"publish","title":"Tickets","content":"one"}`),
		remote("<bob>", `{"verb":"fetch"}`),
		remote("<bob>", `{"verb":"peek","id":"<id>"}`),
		remote("<bob>", `{"verb":"pull","id":"<id>"}`),
		remote("<bob>", `{"verb":"push","id":"<id>","revision":1,"content":"two \u00e9 \"x\""}`),
		remote("<alice>", `{"verb":"push","id":"<id>","revision":1,"content":"three"}`),
		remote("<alice>", `{"verb":"push","id":"<id>","content":"three"}`),
		remote("<alice>", `{"verb":"push","id":"<id>","revision":7,"content":"three"}`),
		remote("<alice>", `{"verb":"push","id":"<id>","revision":2,"content":"three","title":"All tickets"}`),
		remote("<alice>", `{"verb":"push","id":"nowhere","revision":2,"content":"three"}`),
		remote("<alice>", `{"verb":"pull","id":"<id>","revision":2}`),
		remote("<alice>", `{"verb":"pull","id":"<id>","revision":9}`),
		remote("<alice>", `{"verb":"peek","id":"nowhere"}`),
		remote("<alice>", `{"verb":"peek"}`),
		remote("<alice>", `{"verb":"fetch"}`),

		remote("<alice>", `{"verb":"fetch","all":true}`),
		remote("<alice>", `{"verb":"steal"}`),
		remote("<alice>", `{}`),
		remote("<alice>", ``),
		remote("<alice>", `"fetch"`),
		remote("<alice>", `{"verb":"pull","id":7}`),
		remote("<alice>", "{\"verb\":\"publish\",\"title\":\"x\",\"content\":\"\xff\"}"),
		remote("Authorization: Bearer nonsense", `{"verb":"whoami"}`),
		remote("Authorization: Bearer nonsense", registration("dave")),
		{"GET", "/remote", "", ""},
		{"POST", "/ruok", "", ""},
		{"GET", "/nowhere", "", ""},
	} {
		header := s[2]
		if name := strings.Trim(header, "<>"); name != header {
			if tokens[name] == "" {
				tokens[name] = h.signIn(name)
			}
			header = tokens[name]
		}
		status, body := h.do(s[0], s[1], header, strings.ReplaceAll(s[3], "<id>", project))
		if strings.Contains(s[3], `"publish"`) && status == 200 {
			project = random.FindString(body)
		}
		shown := strings.ReplaceAll(secrets.ReplaceAllString(body, "<token>"), project+`"`, `<id>"`)
		if project == "" {
			shown = secrets.ReplaceAllString(body, "<token>")
		}
		fmt.Fprintf(&out, "%s %s %s %q\n%d %s\n", s[0], s[1], strings.SplitAfter(s[2], "Basic")[0], s[3], status, strings.TrimSpace(random.ReplaceAllString(shown, "<random>")))
	}
	golden(t, "contract.golden", out.Bytes())
}

// TestToken checks what is not accepted as a proof of who somebody is.
func TestToken(t *testing.T) {
	h := newHub(t)
	h.register("alice")
	header := h.signIn("alice")
	whoami := func(header string) int {
		status, _ := h.do("POST", "/remote", header, `{"verb":"whoami"}`)
		return status
	}
	require.Equal(t, 200, whoami(header))

	raw := strings.TrimPrefix(header, "Authorization: Bearer ")
	parts := strings.Split(raw, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	other, err := deriveKeys(services.NewToken(strings.Repeat("x", 40)))
	require.NoError(t, err)
	forged, err := other.signToken("alice", h.clock.Now(), time.Hour)
	require.NoError(t, err)
	stranger, err := h.server.keys.signToken("NOBODY", h.clock.Now(), time.Hour)
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"no signature":       parts[0] + "." + parts[1] + ".",
		"alg none":           none + "." + parts[1] + ".",
		"alg none, signed":   none + "." + parts[1] + "." + parts[2],
		"changed claims":     parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x","iss":"watchful-hub","exp":9999999999}`)) + "." + parts[2],
		"another secret":     forged,
		"account is gone":    stranger,
		"the enrollment key": h.server.keys.enrollment,
		"the shared secret":  testSecret,
	} {
		require.Equal(t, 401, whoami("Authorization: Bearer "+bad), name)
	}
	h.clock.move(DefaultTokenLifetime - time.Second)
	require.Equal(t, 200, whoami(header))
	h.clock.move(2 * time.Second)
	require.Equal(t, 401, whoami(header), "expired")
}

// TestToken_OutlivesRestart: an upgrade must not sign everybody out.
func TestToken_OutlivesRestart(t *testing.T) {
	h := newHub(t)
	h.register("alice")
	header := h.signIn("alice")
	h.stop()
	h = startHub(t, h.path, nil)
	status, body := h.do("POST", "/remote", header, `{"verb":"whoami"}`)
	require.Equal(t, 200, status)
	require.Contains(t, body, `"role":"Admin"`)
}

func TestRegistration_ByToken(t *testing.T) {
	h := newHub(t)
	h.stop()
	h = startHub(t, h.path, func(c *Config) { c.Registration = RegistrationToken })
	token, err := EnrollmentToken(services.NewToken(testSecret))
	require.NoError(t, err)
	enroll := EnrollmentHeader + ": " + token.Reveal()

	status, body := h.do("POST", "/remote", "", registration("mallory"))
	require.Equal(t, 403, status)
	require.Contains(t, body, EnrollmentHeader)
	status, _ = h.do("POST", "/remote", EnrollmentHeader+": "+testSecret, registration("mallory"))
	require.Equal(t, 403, status, "the secret itself is not the token")
	status, body = h.do("POST", "/remote", enroll, registration("alice"))
	require.Equal(t, 200, status)
	require.Contains(t, body, `"role":"Admin"`)
	status, _ = h.do("POST", "/remote", h.signIn("alice"), registration("bob"))
	require.Equal(t, 200, status)
	status, _ = h.do("POST", "/remote", h.signIn("bob"), registration("carol"))
	require.Equal(t, 403, status)
}

// TestBody_Bounds: who is not signed in may not make the Hub hold much.
func TestBody_Bounds(t *testing.T) {
	h := newHub(t)
	h.stop()
	h = startHub(t, h.path, func(c *Config) { c.MaxBody = 200_000 })
	h.register("alice")
	header := h.signIn("alice")
	publish := func(size int) string {
		return `{"verb":"publish","title":"x","content":"` + strings.Repeat("x", size) + `"}`
	}
	status, body := h.do("POST", "/remote", "", publish(70_000))
	require.Equal(t, 413, status, body)
	status, body = h.do("POST", "/remote", header, publish(70_000))
	require.Equal(t, 200, status, body)
	status, body = h.do("POST", "/remote", header, publish(200_000))
	require.Equal(t, 413, status, body)
	require.Contains(t, body, "larger than 200000 bytes")
	status, _ = h.do("POST", "/remote/login", "", `{"email":"`+strings.Repeat("x", 70_000)+`"}`)
	require.Equal(t, 413, status)
}

// TestRevisions: the last four are kept, the current one always.
func TestRevisions(t *testing.T) {
	h := newHub(t)
	h.register("alice")
	header := h.signIn("alice")
	id := h.call(header, map[string]any{"verb": "publish", "title": "x", "content": "1"})["id"]
	for i := 1; i <= 6; i++ {
		h.call(header, map[string]any{"verb": "push", "id": id, "revision": i, "content": fmt.Sprint(i + 1)})
	}
	for i := 1; i <= 7; i++ {
		status, body := h.do("POST", "/remote", header, fmt.Sprintf(`{"verb":"pull","id":"%s","revision":%d}`, id, i))
		if i <= 7-DefaultRevisions {
			require.Equal(t, 404, status, i)
			continue
		}
		require.Equal(t, 200, status)
		require.Contains(t, body, fmt.Sprintf(`"content":"%d"`, i))
	}
}

func TestOverview(t *testing.T) {
	h := newHub(t)
	status, body := h.do("GET", "/", "", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "Nobody has registered yet.")
	require.Contains(t, body, "version 1.2.3")
	h.register("alice")
	h.call(h.signIn("alice"), map[string]any{"verb": "publish", "title": "A secret title", "content": "x"})
	_, body = h.do("GET", "/", "", "")
	require.Contains(t, body, "<dt>Users</dt><dd>1</dd>")
	require.Contains(t, body, "<dt>Shared projects</dt><dd>1</dd>")
	require.NotContains(t, body, "A secret title")
	require.NotContains(t, body, "alice")
}

// TestRuok_FollowsTheDatabase: it must not say yes when the Hub cannot work.
func TestRuok_FollowsTheDatabase(t *testing.T) {
	h := newHub(t)
	status, body := h.do("GET", "/ruok", "", "")
	require.Equal(t, 200, status)
	require.Equal(t, "imok\n", body)
	require.NoError(t, h.server.db.readers.Close())
	status, body = h.do("GET", "/ruok", "", "")
	require.Equal(t, 503, status)
	require.NotContains(t, body, "sql")
	require.Contains(t, body, "the database does not answer")
}
