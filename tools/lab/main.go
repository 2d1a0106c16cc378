// Command lab gives a machine what Slipway needs to run: a Dagger engine, a registry on loopback and base images.
// README.md says which way it takes on which machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand(os.Stdout, os.Stderr).ExecuteContext(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted: run it again to go on from what is done")
		}
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}
