package config

import (
	"time"

	"github.com/drover-platform/drover/services"
)

// Config is a complete and valid configuration.
type Config struct {
	Listen string // "host:port" that the API listens on
	// AllowPlaintext lets the API listen without TLS where others can hear.
	AllowPlaintext bool
	Advertise      string // "host:port" that others reach the API at
	DataDir        string // the agent's state; absolute
	LogLevel       string // trace, debug, info, warn or error

	Nomad     Nomad
	Consul    Server
	Vault     Server
	Reconcile Reconcile
	TLS       *TLS // nil: plain HTTP
	Retention Retention
}

// Server says where a server is and as whom to talk to it.
type Server struct {
	Address string         // URL without a slash at the end
	Token   services.Token // empty: none was given
	CACert  string         // PEM file; "" is the system's
}

// Nomad is the Nomad that the agent runs platforms on.
type Nomad struct {
	Server
	Region    string // "" is the server's own
	Namespace string // that the agent looks after
}

// Reconcile says how the agent keeps platforms as they should be.
type Reconcile struct {
	Drift  Drift
	Resync time.Duration // how often everything is looked at again, whether or not anything was heard
}

// Drift says what the agent does about a difference that nobody asked for.
type Drift string

// What can be done about drift.
const (
	DriftReport Drift = "report" // say it and leave it
	DriftRepair Drift = "repair" // put it back
)

// TLS is the certificate of the API.
type TLS struct {
	CertFile, KeyFile string // PEM, checked to fit each other
}

// Retention says how long the past is kept.
type Retention struct {
	History int           // submissions of a platform, at least 1
	Audit   time.Duration // records of the audit log
}

// The defaults, of which a few depend on the environment.
const (
	DefaultListen    = "127.0.0.1:4747"
	DefaultDataDir   = "/var/lib/drover"
	DefaultLogLevel  = "info"
	DefaultNomad     = "http://127.0.0.1:4646" // after NOMAD_ADDR
	DefaultConsul    = "http://127.0.0.1:8500" // after CONSUL_HTTP_ADDR
	DefaultVault     = "http://127.0.0.1:8200" // after VAULT_ADDR
	DefaultNamespace = "drover"
	DefaultDrift     = DriftReport
	DefaultResync    = 5 * time.Minute
	DefaultHistory   = 50
	DefaultAudit     = 365 * 24 * time.Hour
)

// Default is the configuration of an empty file in an empty environment.
func Default() Config {
	return Config{
		Listen:    DefaultListen,
		Advertise: DefaultListen,
		DataDir:   DefaultDataDir,
		LogLevel:  DefaultLogLevel,
		Nomad:     Nomad{Server: Server{Address: DefaultNomad}, Namespace: DefaultNamespace},
		Consul:    Server{Address: DefaultConsul},
		Vault:     Server{Address: DefaultVault},
		Reconcile: Reconcile{Drift: DefaultDrift, Resync: DefaultResync},
		Retention: Retention{History: DefaultHistory, Audit: DefaultAudit},
	}
}
