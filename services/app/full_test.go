package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/drover-platform/drover/services"
)

// TestVolume_Full fills a real volume of 1 MiB: the upload that does not fit
// is refused in words and leaves nothing, and all else goes on.
func TestVolume_Full(t *testing.T) {
	home := t.TempDir()
	if err := syscall.Mount("tmpfs", home, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small volume cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(home, 0)) })
	a := startApp(t, home)
	a.do("POST", "/projects", "", "")
	small := "A\n" + strings.Repeat("small\n", 1000)
	a.upload("small", small)
	status, body := a.do("POST", "/api/_stream/big/0/true", "text/csv", "A\n"+strings.Repeat("big\n", 500_000))
	require.Equal(t, 503, status)
	require.Contains(t, body, "the volume is full")
	require.Contains(t, body, "Make the App's volume larger")
	require.Empty(t, mustDir(t, filepath.Join(home, "staging")))
	require.Len(t, mustDir(t, filepath.Join(home, "datasets", "raw")), 1)

	_, body = a.do("POST", "/api", "application/json", `{"verb":"dataset_add","id":"small"}`)
	require.Contains(t, body, `"error_msg":null`)
	_, body = a.do("GET", "/export_stream", "", "")
	require.Equal(t, small, body)
	a.stop()
}

func TestStorageError(t *testing.T) {
	for _, c := range []struct {
		err  error
		code services.Code
	}{
		{nil, ""},
		{syscall.ENOSPC, services.CodeUnavailable},
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, services.CodeUnavailable},
		{os.ErrPermission, services.CodeForbidden},
		{syscall.EROFS, services.CodeForbidden},
		{errors.New("other"), services.CodeInternal},
	} {
		err := storageError(c.err)
		require.Equal(t, c.code, services.ErrorCode(err))
		require.ErrorIs(t, err, c.err)
	}
}
