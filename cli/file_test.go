package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	require.NoError(t, writeFile(path, []byte("one"), 0o600))
	require.NoError(t, writeFile(path, []byte("two"), 0o640))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(text))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode())

	// A folder cannot be replaced by a file: nothing is left behind.
	require.NoError(t, os.Mkdir(filepath.Join(dir, "b"), 0o755))
	require.ErrorContains(t, writeFile(filepath.Join(dir, "b"), nil, 0o600), "write "+dir+"/b: ")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

func TestReplaceFile_KeepsModeAndLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(target, []byte("one"), 0o664))
	require.NoError(t, os.Chmod(target, 0o664))
	require.NoError(t, os.Symlink("target", link))
	require.NoError(t, replaceFile(link, []byte("two")))
	got, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, "target", got)
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "two", string(text))
	info, err := os.Stat(target)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o664), info.Mode())
}
