// Slipway takes a machine-learning model from a repository to a container
// that is built, tested, asked for real predictions and published by digest.
//
//	dagger run go run ./pipeline MODEL_DIR
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(realMain()) }

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := program{args: os.Args[1:], getenv: os.Getenv, stdout: os.Stdout, stderr: os.Stderr}
	return p.main(ctx)
}
