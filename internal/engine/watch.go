package engine

import (
	"context"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

const (
	watchInterval = 500 * time.Millisecond
	// watchFailures is how often in a row the engine must not answer: once may be a full backlog.
	watchFailures = 3
)

// Watch returns a context that ends when the engine goes away. Without it a
// call that waits for an exec waits for ever: the SDK's child does not notice
// that its engine is gone (seen with v0.19.10: nothing after 100 s).
func (e *Engine) Watch(ctx context.Context) (context.Context, context.CancelFunc) {
	watched, cancel := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		for failures := 0; ; {
			select {
			case <-watched.Done():
				return
			case <-ticker.C:
			}
			err := e.address.reachable(watched)
			if err == nil {
				failures = 0
			} else if failures++; failures == watchFailures && watched.Err() == nil {
				cancel(e.gone(err))
				return
			}
		}
	}()
	return watched, func() { cancel(nil) }
}

func (e *Engine) gone(cause error) error {
	return &stage.Error{What: "the Dagger engine went away during the run", Where: e.address.String(), Remedy: "start it again and re-run; its own log says why it ended", Err: cause}
}
