package config

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
)

// check compares arguments with one another.
func (d *decoder) check(c *Config) {
	if d.broken {
		return // what seems to be missing may stand where the text is wrong
	}
	d.checkTLS(c)
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || d.wrong["listen"] {
		return // reported
	}
	listen := d.given["listen"]
	if !loopback(host) && c.TLS == nil && !c.AllowPlaintext {
		d.errorAt(listen, "Plaintext API", "The API would listen on %q without TLS, where others can hear tokens. Add a tls block, listen on 127.0.0.1, or, where something in front of it does TLS, set allow_plaintext = true.", c.Listen)
	}
	switch {
	case d.has("advertise"):
	case unspecified(host):
		d.errorAt(listen, "Missing argument", "The API listens on every address of the machine, so the argument advertise has to say which of them others use, such as \"10.0.0.1:4747\".")
	default:
		c.Advertise = c.Listen
	}
}

// checkTLS makes sure that a certificate and its key fit.
func (d *decoder) checkTLS(c *Config) {
	if c.TLS == nil {
		return
	}
	at := d.given["tls"]
	for _, name := range []string{"cert_file", "key_file"} {
		if !d.has("tls." + name) {
			d.errorAt(at, "Missing argument", "The tls block needs the argument %s, such as %q.", name, "/etc/drover.d/"+strings.TrimSuffix(name, "_file")+".pem")
		}
	}
	if c.TLS.CertFile == "" || c.TLS.KeyFile == "" {
		return // reported
	}
	cert, err := d.opts.ReadFile(c.TLS.CertFile)
	if err == nil {
		var key []byte
		if key, err = d.opts.ReadFile(c.TLS.KeyFile); err == nil {
			_, err = tls.X509KeyPair(cert, key)
		}
	}
	if err != nil {
		d.errorAt(at, "Unusable certificate", "The files %q and %q are not a certificate and its key: %s.", c.TLS.CertFile, c.TLS.KeyFile, strings.TrimPrefix(reason(err), "tls: "))
	}
}

// loopback reports whether only this machine reaches an address. A name other
// than localhost may resolve to anything.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// unspecified reports whether a host stands for every address of the machine.
func unspecified(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}
