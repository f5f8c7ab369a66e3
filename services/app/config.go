package app

import (
	"cmp"
	"crypto/rand"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/drover-platform/drover/services"
	"github.com/drover-platform/drover/services/serve"
)

// The defaults of [Config].
const (
	DefaultListen    = "0.0.0.0:9001"
	DefaultMaxUpload = 4 << 30
	homeName         = "watchful" // below the user's home folder
)

// Config is what an App needs to know. Home is required; every other zero
// value means the default.
type Config struct {
	Listen string // host:port; DefaultListen
	Home   string // absolute path of the folder that everything is kept in

	// HubURL is the Hub that the App belongs to until somebody sets another
	// one; "" is a standalone App.
	HubURL string
	// MaxUpload bounds one upload, in bytes; DefaultMaxUpload.
	MaxUpload int64
	// Grace is how long a stop waits for requests; serve.DefaultGrace.
	Grace   time.Duration
	Version string           // shown on the page; "" shows none
	Now     func() time.Time // time.Now
	// NewID makes the IDs of projects: 1 to 64 letters, digits and dashes,
	// never the same twice. By default they are random.
	NewID  func() string
	Logger hclog.Logger // silent when nil
}

// ConfigFromEnv reads the App's environment through getenv (os.Getenv in a
// process) and makes its logger on stderr. Home is ~/watchful when HOME is
// set, and "" when it is not.
func ConfigFromEnv(getenv func(string) string, stderr io.Writer) (Config, error) {
	logger, err := serve.NewLogger("app", stderr, getenv(serve.LogVar))
	if err != nil {
		return Config{}, err
	}
	cfg := Config{HubURL: getenv("WATCHFUL_HUB_URL"), Logger: logger}
	if home := getenv("HOME"); home != "" {
		cfg.Home = filepath.Join(home, homeName)
	}
	return cfg, nil
}

func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.MaxUpload = cmp.Or(c.MaxUpload, DefaultMaxUpload)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = func() string { return strings.ToLower(rand.Text()) }
	}
	if c.Logger == nil {
		c.Logger = hclog.NewNullLogger()
	}
	return c
}

func (c Config) validate() error {
	if !filepath.IsAbs(c.Home) {
		return services.Errorf(services.CodeInvalid, "the App's folder is %q, which is not an absolute path", c.Home).
			WithHint("Name the folder on the durable volume, such as /root/watchful, or set HOME")
	}
	if c.HubURL != "" {
		if _, err := parseHubURL(c.HubURL); err != nil {
			return err
		}
	}
	if c.MaxUpload < 1 || c.Grace < 0 {
		return services.Errorf(services.CodeInvalid, "a limit of the app is negative").
			WithHint("Use a positive number, or leave it out for the default")
	}
	return nil
}

// parseHubURL checks a Hub's address and returns it in the form that is
// stored: without a slash at the end.
func parseHubURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", services.Errorf(services.CodeInvalid, "the Hub's address is not an http or https URL without credentials").
			WithHint("Use one such as http://hub.example:9005")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
