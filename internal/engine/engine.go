// Package engine composes, builds and runs images in a Dagger engine. It is
// the only importer of dagger.io/dagger: the SDK changes with every minor
// release, and here is where that is felt.
package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// closeTimeout bounds the end of a session. The SDK itself waits up to five
// minutes for its child; a cancelled run has seconds
// (https://github.com/dagger/dagger/blob/v0.19.10/sdk/go/engineconn/session.go).
const closeTimeout = 3 * time.Second

// Engine is a session with a Dagger engine.
type Engine struct {
	// Offerer is where an engine on this machine pulls images from; nil hands it every layer.
	Offerer Offerer

	client      *dagger.Client
	address     Address
	log         *logTail
	unreachable atomic.Bool // it could not pull from the Offerer
	closed      atomic.Bool
}

// Connect opens a session. The engine's own log goes to log. The session
// outlives a cancelled ctx so that it can be closed in order: call Close.
func Connect(ctx context.Context, address Address, cache Cache, log io.Writer) (*Engine, error) {
	if err := address.reachable(ctx); err != nil {
		return nil, err
	}
	if address.CLI != "" {
		// The SDK reads the path of the dagger CLI from its own environment only.
		if err := os.Setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", address.CLI); err != nil {
			return nil, fmt.Errorf("naming the dagger CLI: %w", err)
		}
	}
	tail := &logTail{w: log}
	options := []dagger.ClientOpt{
		dagger.WithLogOutput(tail),
		dagger.WithEnvironmentVariable("DO_NOT_TRACK", "1"),
		dagger.WithEnvironmentVariable("DAGGER_NO_NAG", "1"),
		dagger.WithEnvironmentVariable("NO_COLOR", "1"), // a file is read with any tool
	}
	for name, value := range cache.environment() {
		options = append(options, dagger.WithEnvironmentVariable(name, value))
	}
	if address.RunnerHost != "" && !address.Session {
		options = append(options, dagger.WithRunnerHost(address.RunnerHost))
	}
	connected := make(chan *Engine, 1)
	failed := make(chan error, 1)
	go func() {
		client, err := dagger.Connect(context.WithoutCancel(ctx), options...)
		if err != nil {
			failed <- &stage.Error{What: "no session with the Dagger engine: " + firstLine(err.Error()), Where: address.String(), Remedy: "see engine.log beside the result; `make lab-status` tells whether the lab's engine runs", Err: err}
			return
		}
		connected <- &Engine{client: client, address: address, log: tail}
	}()
	select {
	case e := <-connected:
		return e, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close ends the session, within seconds. Closing it again does nothing.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- e.client.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(closeTimeout):
		return fmt.Errorf("the engine session did not end within %s", closeTimeout)
	}
}

var _ stage.Composer = (*Engine)(nil)
