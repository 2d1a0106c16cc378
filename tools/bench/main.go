// Command bench measures what Slipway costs, side by side with plain BuildKit and podman on the same model, base image
// and registry. docs/benchmarks.md says what each row holds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// options are the flags.
type options struct {
	rounds int    // how often everything is measured
	root   string // of the repository
	out    string // directory for bench.json and bench.svg
	docs   bool   // also write the documents' table and picture
	only   string // a part of the rows, for working on them
}

func main() {
	// Children are told to end with the thread that started them: it must be one that lasts.
	runtime.LockOSThread()
	var o options
	flag.IntVar(&o.rounds, "n", 5, "how often each thing is measured; the median counts")
	flag.StringVar(&o.root, "root", "../..", "directory of the repository")
	flag.StringVar(&o.out, "out", "", "directory for bench.json and bench.svg (default: dist/bench of the repository)")
	flag.BoolVar(&o.docs, "docs", false, "also write table and picture of docs/benchmarks.md")
	flag.StringVar(&o.only, "only", "", "measure only these, separated by commas: cold, warm, return, weights, memory")
	flag.Parse()
	if flag.NArg() > 0 || o.rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted; what it started is ended")
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
