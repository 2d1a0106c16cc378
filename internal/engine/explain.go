package engine

import (
	"context"
	"errors"
	"strings"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// explain turns the SDK's errors into ours: a command that failed, an engine
// that went away, or what the engine refused to do.
func (e *Engine) explain(ctx context.Context, err error) error {
	var exit *dagger.ExecError
	switch {
	case errors.As(err, &exit):
		return &stage.ExitError{Code: exit.ExitCode, Stdout: exit.Stdout, Stderr: exit.Stderr}
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if gone := e.address.reachable(ctx); gone != nil {
		return &stage.Error{What: "the Dagger engine went away during the run", Where: e.address.String(), Remedy: "start it again and re-run; its own log says why it ended", Err: err}
	}
	return &stage.Error{What: "the engine could not do it: " + firstLine(err.Error()), Where: e.address.String(), Remedy: "see engine.log beside the result", Err: err}
}

// firstLine is the part of an SDK error that a person can read: later lines hold the query.
func firstLine(s string) string {
	s = strings.TrimPrefix(s, "input: ")
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
