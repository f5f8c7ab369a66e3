package hub

import (
	"cmp"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// The defaults of [Config].
const (
	DefaultListen        = "0.0.0.0:9005"
	DefaultMaxBody       = 16 << 20
	DefaultTokenLifetime = 12 * time.Hour
	DefaultRevisions     = 4
)

// The ways to register.
const (
	RegistrationOpen  = "open"  // anybody who reaches the Hub
	RegistrationToken = "token" // only with the enrollment token, or by an Admin
)

// minSecret is the shortest shared secret, in bytes. "openssl rand -hex 36",
// which the published guide asks for, makes 72.
const minSecret = 32

// Config is what a Hub needs to know. DatabaseURL and SharedSecret are
// required; every other zero value means the default.
type Config struct {
	Listen       string         // host:port; DefaultListen
	DatabaseURL  string         // absolute path of the SQLite database
	SharedSecret services.Token // signs users' tokens; at least 32 characters
	Registration string         // RegistrationOpen (default) or RegistrationToken

	// MaxBody bounds the body of a request that carries a valid token, in
	// bytes, and so the size of a project; DefaultMaxBody. A request without
	// one may send 64 KiB.
	MaxBody int64
	// TokenLifetime is how long a sign-in lasts; DefaultTokenLifetime.
	TokenLifetime time.Duration
	// Revisions is how many revisions of a project are kept, the current one
	// included; DefaultRevisions, after the guide's rule of four times the
	// projects' volume.
	Revisions int
	// Grace is how long a stop waits for requests; serve.DefaultGrace.
	Grace   time.Duration
	Version string           // shown on the overview page; "" shows none
	Now     func() time.Time // time.Now
	Logger  hclog.Logger     // silent when nil
}

// ConfigFromEnv reads the Hub's published environment through getenv
// (os.Getenv in a process) and makes its logger on stderr.
func ConfigFromEnv(getenv func(string) string, stderr io.Writer) (Config, error) {
	logger, err := serve.NewLogger("hub", stderr, getenv(serve.LogVar))
	if err != nil {
		return Config{}, err
	}
	return Config{
		DatabaseURL:  getenv("DATABASE_URL"),
		SharedSecret: services.NewToken(getenv("SHARED_SECRET")),
		Registration: getenv("HUB_REGISTRATION"),
		Logger:       logger,
	}, nil
}

// withDefaults fills in the zero values.
func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.Registration = cmp.Or(c.Registration, RegistrationOpen)
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	c.TokenLifetime = cmp.Or(c.TokenLifetime, DefaultTokenLifetime)
	c.Revisions = cmp.Or(c.Revisions, DefaultRevisions)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = hclog.NewNullLogger()
	}
	return c
}

// validate checks what [Config.withDefaults] returned, the database's path
// aside, which openDatabase checks.
func (c Config) validate() error {
	secret := c.SharedSecret.Reveal()
	switch {
	case secret == "":
		return services.Errorf(services.CodeInvalid, "SHARED_SECRET is not set").
			WithHint("Set it to a random string that stays the same over restarts; \"openssl rand -hex 36\" makes one")
	case len(secret) < minSecret:
		return services.Errorf(services.CodeInvalid, "SHARED_SECRET has %d characters, which is too few", len(secret)).
			WithHint("Use at least %d; \"openssl rand -hex 36\" makes 72", minSecret)
	case c.Registration != RegistrationOpen && c.Registration != RegistrationToken:
		return services.Errorf(services.CodeInvalid, "HUB_REGISTRATION is %q", c.Registration).
			WithHint("Set it to %s or %s", RegistrationOpen, RegistrationToken)
	case c.MaxBody < 1 || c.TokenLifetime < 0 || c.Revisions < 1 || c.Grace < 0:
		return services.Errorf(services.CodeInvalid, "a limit of the hub is negative").
			WithHint("Use a positive number, or leave it out for the default")
	}
	return nil
}
