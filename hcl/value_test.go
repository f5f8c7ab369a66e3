package hcl

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"1KiB": 1024, "1MiB": 1 << 20, "1.5GiB": 3 << 29, "2 GiB": 2 << 30, "1024TiB": 1 << 50,
		"200MB": 200_000_000, "1kB": 1000, "1KB": 1000, "0.001kB": 1, "0.0001kB": 1, "1TB": 1_000_000_000_000,
	} {
		got, summary, _ := parseSize(s)
		require.Empty(t, summary, s)
		require.Equal(t, want, got, s)
	}
	for s, want := range map[string]string{
		"": "Invalid size", "GiB": "Invalid size", "-1GiB": "Invalid size", "1e3MiB": "Invalid size", "1,5GiB": "Invalid size",
		"0x10MiB": "Invalid size", "١MiB": "Invalid size", "1GiB ": "Invalid size", "1\nGiB": "Invalid size",
		"12": "Size without unit", "1.5": "Size without unit", "1gb": "Unknown unit", "1Gi": "Unknown unit", "1PiB": "Unknown unit",
		"0MiB": "Size is zero", "0.0GB": "Size is zero", "1025TiB": "Size too large", "999999999999999999TB": "Size too large",
	} {
		_, summary, detail := parseSize(s)
		require.Equal(t, want, summary, s)
		require.NotEmpty(t, detail, s)
	}
}

// TestMemoryFor is the dataset rule: memory is the least whole number of MiB
// that is four times the dataset.
func TestMemoryFor(t *testing.T) {
	require.Equal(t, 763, memoryFor(200_000_000)) // the published minimum of 800 MB
	rapid.Check(t, func(rt *rapid.T) {
		dataset := rapid.Int64Range(1, maxSize).Draw(rt, "dataset")
		n := int64(memoryFor(dataset))
		require.GreaterOrEqual(rt, n*mib, 4*dataset)
		require.Less(rt, (n-1)*mib, 4*dataset)
	})
}

func TestBadImage(t *testing.T) {
	digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, good := range []string{
		"hub:3.0.1234", "team/hub:v1", "registry.example/team/hub:1", "registry.example:5000/hub:1", "localhost/hub:1", "localhost:5000/hub:1",
		"[::1]:5000/hub:1", "127.0.0.1:5000/a/b/c:1_2-3.4", "hub@" + digest, "hub:latest@" + digest, "registry.example:5000/hub:1@" + digest, "a__b--c/d.e:1",
	} {
		summary, detail := badImage(good)
		require.Empty(t, summary, "%s: %s", good, detail)
	}
	for bad, want := range map[string]string{
		"": "Invalid image", ":1": "Invalid image", "hub": "Image without version", "hub:": "Invalid image tag", "hub:latest": "Image without version",
		"registry.example:5000/hub": "Image without version", "localhost:5000/hub": "Image without version", "Hub:1": "Invalid image", "a//b:1": "Invalid image",
		"-host.example/hub:1": "Invalid image", "hub :1": "Invalid image", "hub:1 ": "Invalid image tag", "hub:1\n": "Invalid image tag", "hub:${x}": "Invalid image tag",
		"http://hub:1": "Invalid image", "hub@sha256:12": "Invalid image digest", "hub@": "Invalid image digest", "hub:1@md5:1": "Invalid image digest",
	} {
		summary, _ := badImage(bad)
		require.Equal(t, want, summary, bad)
	}
}

func TestSecretName(t *testing.T) {
	for _, name := range []string{"SHARED_SECRET", "secret", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DB_PASSWORD", "db_password", "GITHUB_TOKEN", "TOKEN", "PRIVATE_KEY", "SSH_PRIVATE_KEY", "API_KEY", "SECRET_KEY_BASE", "MYSQL_PASSWD", "APIKEY"} {
		require.True(t, secretName(name), name)
	}
	for _, name := range []string{"DATABASE_URL", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "TOKEN_LIFETIME", "DB_PASSWORD_FILE", "SECRET_NAME", "KEY", "PUBLIC_KEY", "MONKEY", "PORT", ""} {
		require.False(t, secretName(name), name)
	}
}

func TestSecretArg(t *testing.T) {
	for arg, want := range map[string][2]bool{
		"--password": {true, false}, "--db.password": {true, false}, "-token": {true, false}, "--password=": {true, false},
		"--password=x": {true, true}, "--db-password=x=y": {true, true}, "DB_PASSWORD=x": {true, true},
		"": {}, "-": {}, "--": {}, "=": {}, "=x": {}, "password": {}, "--password-stdin": {}, "--password-file": {}, "--epochs=3": {}, "a password=x": {},
	} {
		named, value := secretArg(arg)
		require.Equal(t, want, [2]bool{named, value}, arg)
	}
	require.True(t, follows("--token", "x"))
	require.False(t, follows("--token", "-v"))
	require.False(t, follows("--token", ""))
	require.False(t, follows("--token=x", "y"))
	require.False(t, follows("token", "x"))
}

func TestNearest(t *testing.T) {
	names := []string{"docker", "exec", "raw_exec", "mock_driver"}
	for given, want := range map[string]string{"dokcer": "docker", "exce": "exec", "raw-exec": "raw_exec", "Docker": "docker", "podman": "", "": "", "x": ""} {
		require.Equal(t, want, nearest(given, names), given)
	}
	require.Equal(t, "aa", nearest("ab", []string{"ac", "aa"}), "the first in lexical order")
	// The distance of anything to itself is nothing, and it has no direction.
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringMatching(`[a-c]{0,6}`)
		a, b := word.Draw(rt, "a"), word.Draw(rt, "b")
		require.Equal(rt, mistakes(a, b), mistakes(b, a))
		require.Equal(rt, a == b, mistakes(a, b) == 0)
	})
}

func TestBadMount(t *testing.T) {
	for _, good := range []string{"/data", "/root/watchful", "/localdata", "/a b"} {
		require.Empty(t, badMount(good), good)
	}
	for _, bad := range []string{"", "data", "/", "//", "/data/", "/a/../b", "/local", "/secrets/x", "/alloc", "/proc/1", "/a:b", "/${x}"} {
		require.NotEmpty(t, badMount(bad), bad)
	}
}

func TestBadVaultPath(t *testing.T) {
	for _, good := range []string{"secret/data/team/hub", "aws/creds/hub", "kv/data/x", "secret/data/droverx"} {
		require.Empty(t, badVaultPath(good, "secret"), good)
	}
	for _, bad := range []string{"", "secret", "/secret/data/x", "secret/data/x/", "secret/data/*", "secret/data/+/x", "secret/x", "secret/data", "secret/data/drover", "secret/data/drover/a/b", "secret/data/../sys", "a//b", "a b/c", "secret/data/x\n"} {
		require.NotEmpty(t, badVaultPath(bad, "secret"), bad)
	}
	require.NotEmpty(t, badVaultPath("team/kv/x", "team/kv"))
	require.Empty(t, badVaultPath("team/kv/data/x", "team/kv"))
}
