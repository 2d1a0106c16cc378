package engine

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// explain turns the SDK's errors into ours: a command that failed, an engine
// that went away, or what the engine refused to do.
func (e *Engine) explain(ctx context.Context, err error) error {
	var exit *dagger.ExecError
	switch {
	case errors.As(err, &exit) && exit.ExitCode < 0 && strings.HasPrefix(firstLine(err.Error()), noUser):
		return &stage.StartError{What: strings.TrimPrefix(noise.ReplaceAllString(firstLine(err.Error()), ""), noUser)}
	case errors.As(err, &exit):
		return &stage.ExitError{Code: exit.ExitCode, Stdout: exit.Stdout, Stderr: exit.Stderr}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	for range watchFailures {
		if cause := e.address.reachable(ctx); cause != nil {
			return e.gone(cause)
		}
		if !broken.MatchString(err.Error()) {
			break
		}
		time.Sleep(watchInterval) // it broke off, and may still be going away
	}
	return &stage.Error{What: "the engine could not do it: " + firstLine(err.Error()), Where: e.address.String(), Remedy: "see engine.log beside the result", Err: err}
}

// broken matches a connection that broke off in the middle.
var broken = regexp.MustCompile(`EOF|connection reset|broken pipe|error 50[234]`)

// noUser is what the engine says when an image names a user that it does not have.
// https://github.com/dagger/dagger/blob/v0.19.10/engine/buildkit/executor_spec.go (setUserGroup)
const noUser = "get user: "

// firstLine is the part of an SDK error that a person can read: later lines hold the query.
func firstLine(s string) string {
	s = strings.TrimPrefix(s, "input: ")
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
