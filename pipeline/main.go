// Slipway takes a machine-learning model from a repository to a container
// that is built, tested, asked for real predictions and published by digest.
//
//	dagger run go run ./pipeline MODEL_DIR
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(realMain()) }

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A reader that goes away (`slipway | head`) ends the printing, not the run.
	signal.Ignore(syscall.SIGPIPE)
	// Secrets are for this process: what it starts (the dagger CLI, go build)
	// inherits the environment, so they are taken out of it first.
	kept := map[string]string{}
	for _, name := range []string{"SLIPWAY_REGISTRY_USERNAME", "SLIPWAY_REGISTRY_PASSWORD", "SLIPWAY_URL_TOKEN", "SLIPWAY_SIGNING_KEY"} {
		kept[name] = os.Getenv(name)
		if err := os.Unsetenv(name); err != nil {
			fmt.Fprintln(os.Stderr, "slipway:", err)
			return 3
		}
	}
	getenv := func(name string) string {
		if value, ok := kept[name]; ok {
			return value
		}
		return os.Getenv(name)
	}
	take := func(name string) string {
		if _, ok := kept[name]; !ok {
			kept[name] = os.Getenv(name)
			_ = os.Unsetenv(name) // fails for names that cannot be set either
		}
		return kept[name]
	}
	p := program{args: os.Args[1:], getenv: getenv, take: take, stdout: os.Stdout, stderr: os.Stderr}
	return p.main(ctx)
}
