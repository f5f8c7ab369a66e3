package devstack

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/drover-platform/drover/services"
)

// pins are module files that are known to build each server. They pin, because
// a module's own replace lines do not count in another module, the versions of
// sub-modules that match.
//
//go:embed pins/*.mod pins/*.sum
var pins embed.FS

// build returns the program from the user's cache, building it the first time.
func (t tool) build(ctx context.Context, progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", services.Errorf(services.CodeInvalid, "no cache folder to build %s in: %w", t.title, err).
			WithHint("Set HOME, or %s to a program that exists", t.env)
	}
	dir := filepath.Join(cache, "drover", "bin")
	path := filepath.Join(dir, t.name+"-"+t.pinned.String())
	if isProgram(path) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := t.lock(ctx, path+".lock", progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isProgram(path) { // somebody else has built it meanwhile
		return path, nil
	}
	if err := t.compile(ctx, dir, path, progress); err != nil {
		return "", err
	}
	return path, nil
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// lock keeps two processes from building the same program.
func (t tool) lock(ctx context.Context, path string, progress io.Writer) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the build of %s: %w", t.title, err)
	}
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock the build of %s: %w", t.title, err), f.Close())
		}
		if !told {
			fmt.Fprintf(progress, "waiting for another process that builds %s\n", t.title)
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, errors.Join(fmt.Errorf("wait for another build of %s: %w", t.title, err), f.Close())
		}
	}
}

// compile builds the program from its pinned modules and moves it to path at
// once.
func (t tool) compile(ctx context.Context, dir, path string, progress io.Writer) error {
	if err := t.checkCompilers(); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".build-"+t.name+"-*")
	if err != nil {
		return fmt.Errorf("make a build folder: %w", err)
	}
	defer os.RemoveAll(work) //nolint:errcheck // a folder that stays is only large
	for from, to := range map[string]string{t.name + ".mod": "go.mod", t.name + ".sum": "go.sum"} {
		text, err := pins.ReadFile("pins/" + from)
		if err == nil {
			err = os.WriteFile(filepath.Join(work, to), text, 0o644)
		}
		if err != nil {
			return fmt.Errorf("write module files of %s: %w", t.title, err)
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", t.name, t.module)
	cmd.Dir = work
	cmd.Env = t.buildEnv(os.Environ())
	// The compilers are children of go: all of them end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output

	finished := t.report(progress)
	// Pdeathsig is of the thread that starts the process.
	runtime.LockOSThread()
	err = cmd.Run()
	runtime.UnlockOSThread()
	finished()
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("build %s: %w", t.title, context.Cause(ctx))
		}
		return services.Errorf(services.CodeUnavailable, "cannot build %s %s from source: %w:\n%s", t.title, t.pinned, err, lastLines(output.String(), 20)).
			WithHint("Install %s %s or newer, or set %s to a program", t.title, t.minimum, t.env)
	}
	if err := os.Rename(filepath.Join(work, t.name), path); err != nil {
		return fmt.Errorf("keep %s: %w", t.title, err)
	}
	return nil
}

// checkCompilers says which compiler is missing before minutes have passed.
func (t tool) checkCompilers() error {
	need := []string{"go"}
	if t.cgo {
		need = append(need, "gcc")
	}
	for _, program := range need {
		if _, err := exec.LookPath(program); err != nil {
			return services.Errorf(services.CodeUnavailable, "there is no %s in PATH and none can be built: no %s", t.name, program).
				WithHint("Install %s, or install %s %s or newer, or set %s to a program", program, t.title, t.minimum, t.env)
		}
	}
	return nil
}

// buildEnv is the caller's environment without what would change the build.
func (t tool) buildEnv(environ []string) []string {
	env := make([]string, 0, len(environ)+5)
	noSums := t.noSums
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch name {
		case "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "CGO_ENABLED", "GO111MODULE":
			continue
		case "GONOSUMDB":
			if value != "" && noSums != "" {
				noSums = value + "," + noSums
			} else if value != "" {
				noSums = value
			}
			continue
		}
		env = append(env, kv)
	}
	cgo := "CGO_ENABLED=0"
	if t.cgo {
		cgo = "CGO_ENABLED=1"
	}
	env = append(env, "GOFLAGS=-mod=readonly", "GOWORK=off", cgo)
	if noSums != "" {
		env = append(env, "GONOSUMDB="+noSums)
	}
	return env
}

// report says at once, and then regularly, that a build is going on. The
// function it returns ends that.
func (t tool) report(progress io.Writer) (finished func()) {
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "building %s %s from source, about %d minutes on 2 cores: "+format+"\n", append([]any{t.title, t.pinned, t.minutes}, args...)...)
	}
	say("started")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				say("%s", time.Since(began).Round(time.Second))
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		say("ended after %s", time.Since(began).Round(time.Second))
	}
}

// lastLines returns the last n lines of text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
