package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/slipway-dev/slipway/internal/stage"
)

// findProbe gives the path of a probe for the platform: the one that was
// named, the one inside this binary (release builds), or one compiled from the
// source tree that this program was itself compiled from.
func findProbe(ctx context.Context, named, cache, platform string) (string, error) {
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", &stage.Error{What: "there is no probe: " + err.Error(), Where: "--probe", Remedy: "name a binary made from cmd/probe for " + platform, Err: err}
		}
		return filepath.Abs(named)
	}
	goos, arch, _ := strings.Cut(platform, "/")
	dir := filepath.Join(cache, "probe")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a place for the probe: %w", err)
	}
	if data, ok := embeddedProbe(arch); ok {
		return unpackProbe(dir, arch, data)
	}
	_, file, _, _ := runtime.Caller(0)
	source := filepath.Dir(filepath.Dir(file))
	if _, err := os.Stat(filepath.Join(source, "cmd", "probe")); err != nil {
		return "", &stage.Error{What: "this slipway carries no probe, and its source is gone", Where: source, Remedy: "build it with `make build`, or name a probe with --probe", Err: err}
	}
	// Two runs at once build one after the other, and the second finds it done.
	unlock, err := exclusive(filepath.Join(dir, "lock"))
	if err != nil {
		return "", fmt.Errorf("waiting for another run that builds the probe: %w", err)
	}
	defer unlock()
	path := filepath.Join(dir, goos+"-"+arch)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/probe")
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+arch, "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		return "", &stage.Error{What: "the probe did not compile: " + stage.LastLine(string(out)), Where: source, Remedy: "build it by hand (`go build ./cmd/probe`) to see why, or name one with --probe", Err: err}
	}
	return path, os.Chmod(path, 0o755) // whatever our umask is: the image's user has to start it
}

// exclusive takes an exclusive lock on a file until unlock is called or this process ends.
func exclusive(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}
