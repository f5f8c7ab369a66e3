# Configuration of the Drover agent: "drover agent -config /etc/drover.d".
#
# Every argument is shown with its default, and may be left out. The agent
# reads all *.hcl files of the folder as one.

# Where the API listens. Anything but 127.0.0.1 needs the tls block below.
listen = "127.0.0.1:4747"

# Where others reach the API; the same as listen unless that is 0.0.0.0.
# advertise = "10.0.0.1:4747"

# True lets the API listen where others can hear it without TLS, because
# something in front of it does TLS.
allow_plaintext = false

# The agent's own state, which "drover operator state backup" saves.
data_dir = "/var/lib/drover"

# trace, debug, info, warn or error
log_level = "info"

# Addresses and tokens that are not given here come from the environment, as
# for the servers' own command lines: NOMAD_ADDR, NOMAD_TOKEN and so on, which
# "drover operator bootstrap" writes. Tokens are never written into this file.

nomad {
  address   = "http://127.0.0.1:4646"
  namespace = "drover"
  # region     = "global"
  # ca_cert    = "/etc/drover.d/nomad-ca.pem"
  # token_file = "/etc/drover.d/nomad.token"
}

consul {
  address = "http://127.0.0.1:8500"
  # ca_cert    = "/etc/drover.d/consul-ca.pem"
  # token_file = "/etc/drover.d/consul.token"
}

vault {
  address = "http://127.0.0.1:8200"
  # ca_cert    = "/etc/drover.d/vault-ca.pem"
  # token_file = "/etc/drover.d/vault.token"
}

reconcile {
  # What to do about changes that were made past Drover: "report" says so,
  # "repair" puts things back.
  drift = "report"

  # How often everything is looked at again, whether or not anything happened.
  resync = "5m"
}

# tls {
#   cert_file = "/etc/drover.d/cert.pem"
#   key_file  = "/etc/drover.d/key.pem"
# }

retention {
  history = 50      # submissions of each platform
  audit   = "8760h" # records of the audit log
}
