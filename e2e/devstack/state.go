package devstack

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/drover-platform/drover/services"
)

// stateVersion is the format of state. Another one is refused.
const stateVersion = 1

// state is what a stack remembers, in DIR/stack.json, readable by root alone:
// it holds every secret of the stack, unsealing Vault included.
type state struct {
	Version int    `json:"version"`
	Name    string `json:"name"` // "drover-dev-<8 hex>": node name, cgroup, label of containers
	Ports   Ports  `json:"ports"`
	// Settled is set before the first server starts: from then on their state
	// names the ports.
	Settled bool `json:"settled"`
	// Seeded is set when Nomad's server has a leader's state on disk.
	Seeded bool `json:"seeded"`

	// Tokens that this package chooses. Servers are told them, so that a start
	// that was cut short can go on.
	NomadManagement  string `json:"nomad_management"`
	ConsulManagement string `json:"consul_management"`
	ConsulAgent      string `json:"consul_agent"`
	ConsulNomad      string `json:"consul_nomad"`

	// What Vault chooses.
	VaultRoot string `json:"vault_root,omitempty"`
	VaultKey  string `json:"vault_key,omitempty"`

	// Drover's own tokens.
	DroverNomad  string `json:"drover_nomad,omitempty"`
	DroverConsul string `json:"drover_consul,omitempty"`
	DroverVault  string `json:"drover_vault,omitempty"`
}

func statePath(dir string) string { return filepath.Join(dir, "stack.json") }

// loadState reads the state of the stack in dir, or makes a new one, without
// ports.
func loadState(dir string) (*state, error) {
	text, err := os.ReadFile(statePath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return newState(dir), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the stack's state: %w", err)
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, services.Errorf(services.CodeInvalid, "%s is damaged: %w", statePath(dir), err).
			WithHint("Delete %s to make a new stack", dir)
	}
	if s.Version != stateVersion {
		return nil, services.Errorf(services.CodeInvalid, "%s has version %d, and this program knows version %d", statePath(dir), s.Version, stateVersion).
			WithHint("Use the program that made it, or delete %s to make a new stack", dir)
	}
	return &s, nil
}

func newState(dir string) *state {
	sum := sha256.Sum256([]byte(dir))
	return &state{
		Version:          stateVersion,
		Name:             "drover-dev-" + hex.EncodeToString(sum[:4]),
		NomadManagement:  newUUID(),
		ConsulManagement: newUUID(),
		ConsulAgent:      newUUID(),
		ConsulNomad:      newUUID(),
	}
}

// save writes the state so that a crash leaves either the old or the new one.
func (s *state) save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the stack's state: %w", err)
	}
	return writeFile(statePath(dir), append(text, '\n'), 0o600)
}

// writeFile replaces the file at path at once and durably.
func writeFile(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone when renamed
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// newUUID returns a random UUID (RFC 9562, version 4), which is what Nomad and
// Consul take as a token.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
