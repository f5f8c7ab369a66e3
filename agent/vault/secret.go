package vault

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/drover-platform/drover/services"
)

// The keys of the custom metadata that mark a secret as Drover's.
const (
	markManagedBy = "managed_by" // services.ManagedBy
	markPlatform  = "platform"   // the platform's identity
	markJob       = "job"
)

// GenerateSecret makes the value of s in KV version 2 unless it exists, and
// marks it with the platform and the job. It never overwrites: the write is
// check-and-set against "does not exist", and a token with "create" alone is
// enough. It may be repeated, also after a kill between the write and the
// mark: a first version without any mark, at a path that is named after a job
// of Drover's, is marked and kept. created says whether this call made the
// value.
//
// It returns CodeConflict for a secret of somebody else's and for one whose
// value was deleted.
func (c *Client) GenerateSecret(ctx context.Context, s services.GeneratedSecret, platform string) (created bool, err error) {
	m, err := c.metadata(ctx, s)
	if err != nil {
		return false, err
	}
	if m.absent() {
		if created, err = c.create(ctx, s); err != nil {
			return false, err
		}
		if m, err = c.metadata(ctx, s); err != nil {
			return created, err
		}
	}
	switch {
	case m.deleted():
		return created, services.Errorf(services.CodeConflict, "the secret %s was deleted in Vault, and Drover does not make another in its place", s.Mount+"/"+s.Path).
			WithHint("Bring it back with \"vault kv undelete -mount=%s -versions=%d %s\", or, to lose it for good, remove it with \"vault kv metadata delete -mount=%s %s\"",
				s.Mount, m.CurrentVersion, s.Path, s.Mount, s.Path)
	case m.halfMade():
		return created, c.mark(ctx, s, platform)
	case !m.owned():
		return created, services.Errorf(services.CodeConflict, "the secret %s exists in Vault and does not carry Drover's mark", s.Mount+"/"+s.Path).
			WithHint("Move it away, or refer to it with vault = %q", s.Mount+"/data/"+s.Path)
	case m.CustomMetadata[markPlatform] != platform:
		return created, services.Errorf(services.CodeConflict, "the secret %s belongs to the platform %q", s.Mount+"/"+s.Path, m.CustomMetadata[markPlatform])
	}
	return created, nil
}

// create writes the first version. It returns false when somebody else did
// meanwhile.
func (c *Client) create(ctx context.Context, s services.GeneratedSecret) (bool, error) {
	value, err := generate(s.Generate)
	if err != nil {
		return false, err
	}
	at := s.Mount + "/data/" + s.Path
	answer, err := c.api.Logical().WriteWithContext(ctx, at, map[string]any{
		"options": map[string]any{"cas": 0},
		"data":    map[string]any{services.SecretKey: value},
	})
	if code := status(err); code == http.StatusBadRequest || code == http.StatusForbidden {
		// The check-and-set failed, or "create" alone does not allow to
		// update; both mean that it exists, if it does.
		if m, again := c.metadata(ctx, s); again == nil && !m.absent() {
			return false, nil
		}
	}
	if err != nil {
		return false, c.missingMount("mount "+s.Mount, c.explain("create "+at, err))
	}
	if answer == nil {
		return false, services.Errorf(services.CodeConflict, "Vault's mount %q is not KV version 2", s.Mount).
			WithHint("Upgrade it with \"vault kv enable-versioning %s\", or choose another mount", s.Mount)
	}
	return true, nil
}

// mark sets the custom metadata and leaves the secret's other settings alone.
func (c *Client) mark(ctx context.Context, s services.GeneratedSecret, platform string) error {
	at := s.Mount + "/metadata/" + s.Path
	_, err := c.api.Logical().WriteWithContext(ctx, at, map[string]any{"custom_metadata": map[string]string{
		markManagedBy: services.ManagedBy,
		markPlatform:  platform,
		markJob:       string(s.Job),
	}})
	return c.explain("write "+at, err)
}

// generate makes a value. The value is never part of an error.
func generate(g services.Generator) (string, error) {
	if _, err := services.ParseGenerator(g.String()); err != nil {
		return "", err
	}
	raw := make([]byte, g.Bytes)
	rand.Read(raw) // never fails: it ends the program when there is no randomness
	if g.Encoding == "base64" {
		return base64.StdEncoding.EncodeToString(raw), nil
	}
	return hex.EncodeToString(raw), nil
}

// metadata is what KV version 2 tells of a secret without its value.
type metadata struct {
	CurrentVersion int
	CustomMetadata map[string]string
	Gone           bool // the current version was deleted or destroyed
}

func (m metadata) absent() bool { return m.CurrentVersion == 0 }

func (m metadata) deleted() bool { return !m.absent() && m.Gone }

// halfMade says that nothing but a first write happened to the secret.
func (m metadata) halfMade() bool {
	return m.CurrentVersion == 1 && !m.Gone && len(m.CustomMetadata) == 0
}

func (m metadata) owned() bool { return m.CustomMetadata[markManagedBy] == services.ManagedBy }

// metadata reads a secret's metadata; the zero value when there is none.
func (c *Client) metadata(ctx context.Context, s services.GeneratedSecret) (metadata, error) {
	at := s.Mount + "/metadata/" + s.Path
	resp, err := c.api.Logical().ReadRawWithContext(ctx, at)
	if resp != nil {
		defer resp.Body.Close()
	}
	if status(err) == http.StatusNotFound {
		return metadata{}, nil
	}
	if err != nil {
		return metadata{}, c.explain("read "+at, err)
	}
	var body struct {
		Data struct {
			CurrentVersion int               `json:"current_version"`
			CustomMetadata map[string]string `json:"custom_metadata"`
			Versions       map[string]struct {
				DeletionTime string `json:"deletion_time"`
				Destroyed    bool   `json:"destroyed"`
			} `json:"versions"`
		} `json:"data"`
	}
	if err := resp.DecodeJSON(&body); err != nil {
		return metadata{}, services.Errorf(services.CodeInternal, "read %s: decode Vault's answer: %w", at, err)
	}
	m := metadata{CurrentVersion: body.Data.CurrentVersion, CustomMetadata: body.Data.CustomMetadata}
	current := body.Data.Versions[strconv.Itoa(m.CurrentVersion)]
	m.Gone = current.Destroyed
	if current.DeletionTime != "" {
		// A time that has not come is delete_version_after's; such a secret
		// will be lost, but it is there.
		at, err := time.Parse(time.RFC3339Nano, current.DeletionTime)
		m.Gone = m.Gone || err != nil || !at.After(time.Now())
	}
	return m, nil
}

// checkKV makes sure that a mount is KV version 2. Every token may ask about
// the mounts that it may use.
func (c *Client) checkKV(ctx context.Context, mount string) error {
	s, err := c.api.Logical().ReadWithContext(ctx, "sys/internal/ui/mounts/"+mount)
	if status(err) == http.StatusForbidden {
		return services.Errorf(services.CodeForbidden, "Vault at %s has no mount %q that the token may use", c.Address(), mount).
			WithHint("Make it with \"drover operator bootstrap\", or set VAULT_TOKEN to a token with the policy that \"drover operator policy\" prints")
	}
	if err != nil {
		return c.explain("look up mount "+mount, err)
	}
	if s == nil {
		return nil
	}
	options, _ := s.Data["options"].(map[string]any)
	if version, _ := options["version"].(string); s.Data["type"] != "kv" || version != "2" {
		return services.Errorf(services.CodeConflict, "Vault's mount %q is not KV version 2", mount).
			WithHint("Upgrade it with \"vault kv enable-versioning %s\", or choose another mount", mount)
	}
	return nil
}
