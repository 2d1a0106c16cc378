//go:build linux

// Command probe runs inside the image under test: see internal/probe. It ends
// with 0 when it could write down what it saw, whatever that is.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/slipway-dev/slipway/internal/probe"
)

var commands = map[string]func(ctx context.Context, args []string) error{
	"smoke": func(ctx context.Context, args []string) error {
		return probe.Smoke(ctx, args, os.Environ(), os.Stderr)
	},
	"exec": func(ctx context.Context, args []string) error {
		return probe.Exec(ctx, args, os.Environ(), os.Stdout, os.Stderr)
	},
	"rewrite": func(_ context.Context, args []string) error {
		return rewriteImage(args, os.Stdout)
	},
	"modes": func(_ context.Context, args []string) error {
		return gitModes(args)
	},
	"layer": func(_ context.Context, args []string) error {
		return writeLayer(args, os.Stderr)
	},
	"packages": func(_ context.Context, args []string) error {
		return listPackages(args, os.Stdout)
	},
}

func main() {
	// Nothing that runs as the same user may look into this process, or change
	// what it says (prctl(2), ptrace(2)). It does not pass to what is started.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) // Linux has it since 2.4
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

func run(ctx context.Context, args []string, stderr io.Writer) int {
	// The image's PATH travels beside ours: see stage.Supervise.
	if path, ok := os.LookupEnv("SLIPWAY_PATH"); ok {
		if err := os.Setenv("PATH", path); err != nil {
			_, _ = fmt.Fprintf(stderr, "probe: %v\n", err)
			return 3
		}
	}
	if len(args) == 0 || commands[args[0]] == nil {
		_, _ = fmt.Fprintf(stderr, "usage: probe %s …\n", strings.Join(slices.Sorted(maps.Keys(commands)), "|"))
		return 2
	}
	if err := commands[args[0]](ctx, args[1:]); err != nil {
		_, _ = fmt.Fprintf(stderr, "probe %s: %v\n", args[0], err)
		return 3
	}
	return 0
}
