package hub

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/drover-platform/drover/services"
)

// EnrollmentHeader carries the enrollment token of a registration.
const EnrollmentHeader = "X-Watchful-Enrollment"

const issuer = "watchful-hub"

// keys are derived from the shared secret, one for each purpose, so that
// what proves one thing can never prove another.
type keys struct {
	sign       []byte // HMAC-SHA-256 of users' tokens
	enrollment string
}

func deriveKeys(secret services.Token) (keys, error) {
	sign, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "watchful-hub user token 1", sha256.Size)
	if err != nil {
		return keys{}, fmt.Errorf("derive signing key: %w", err)
	}
	enrollment, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "watchful-hub enrollment 1", sha256.Size)
	if err != nil {
		return keys{}, fmt.Errorf("derive enrollment token: %w", err)
	}
	return keys{sign: sign, enrollment: hex.EncodeToString(enrollment)}, nil
}

// EnrollmentToken returns what a Hub with that shared secret expects in the
// header [EnrollmentHeader] of a registration when registration needs a
// token. It does not let anybody sign tokens or find the secret.
func EnrollmentToken(secret services.Token) (services.Token, error) {
	k, err := deriveKeys(secret)
	return services.NewToken(k.enrollment), err
}

// enrolled reports whether the request carries the enrollment token.
func (k keys) enrolled(r *http.Request) bool {
	return hmac.Equal([]byte(r.Header.Get(EnrollmentHeader)), []byte(k.enrollment))
}

// signToken returns a token that says who a user is until it expires. Their role
// is not in it: it is looked up with every request, so that a change holds
// at once.
func (k keys) signToken(user string, now time.Time, lifetime time.Duration) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: k.sign}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("make signer: %w", err)
	}
	token, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer:   issuer,
		Subject:  user,
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(lifetime)),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

// verifyToken returns the user ID of a token that this Hub signed and that
// has not expired. HS256 alone is accepted, whatever the token's head says.
func (k keys) verifyToken(raw string, now time.Time) (string, error) {
	refused := func(err error) error {
		return &services.Error{
			Code:    services.CodeUnauthorized,
			Message: "the token is not valid or has expired",
			Hint:    "Sign in again with POST /remote/login",
			Err:     err, // why is of no use to who may have made it up
		}
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return "", refused(err)
	}
	var claims jwt.Claims
	if err := token.Claims(k.sign, &claims); err != nil {
		return "", refused(err)
	}
	if claims.Subject == "" || claims.Expiry == nil {
		return "", refused(jwt.ErrInvalidClaims)
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: issuer, Time: now}, 0); err != nil {
		return "", refused(err)
	}
	return claims.Subject, nil
}

// identify returns who sent the request, and nil when it carries no bearer
// token. A token that is there and wrong is an error, whatever is asked.
func (s *Server) identify(ctx context.Context, r *http.Request) (*User, error) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, nil
	}
	id, err := s.keys.verifyToken(strings.TrimSpace(raw), s.cfg.Now())
	if err != nil {
		return nil, err
	}
	user, err := s.db.user(ctx, id)
	if services.ErrorCode(err) == services.CodeNotFound {
		return nil, services.Errorf(services.CodeUnauthorized, "the account of this token does not exist any more").
			WithHint("Register again")
	}
	return user, err
}
