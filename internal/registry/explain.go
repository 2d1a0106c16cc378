package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-dev/slipway/internal/stage"
)

// explain says in words what a registry's answer means and what to do about it.
func explain(err error, doing, where string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	out := &stage.Error{What: doing + ": " + err.Error(), Where: where, Remedy: "is the registry running, and is its name right?", Err: err}
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return out
	}
	out.What = fmt.Sprintf("%s: the registry answered %d %s", doing, answer.StatusCode, http.StatusText(answer.StatusCode))
	if len(answer.Errors) > 0 && answer.Errors[0].Message != "" {
		out.What += " (" + answer.Errors[0].Message + ")"
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		out.Remedy = "log in (docker/login-action, `docker login`), or give registry-username and registry-password"
	case http.StatusForbidden:
		out.Remedy = "the login may not do this; on ghcr.io the job needs `permissions: {packages: write}`"
	case http.StatusNotFound:
		out.Remedy = "is the name right, does the repository exist, and may this login see it?"
	case http.StatusTooManyRequests:
		out.Remedy = "the registry limits requests: log in, use a mirror, or wait"
	default:
		if answer.StatusCode >= http.StatusInternalServerError {
			out.Remedy = "the registry has a problem of its own: try again later"
		}
	}
	return out
}
