// Command action is the step that action.yml runs: it reads the step's inputs,
// runs the pipeline as a program of its own, which never sees a token of
// GitHub, and reports what came of it.
//
//	action PATH_OF_SLIPWAY
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	a := action{args: os.Args[1:], getenv: os.Getenv, environ: os.Environ(), stdout: os.Stdout, signals: signals}
	os.Exit(a.main())
}
