package github

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// once marks the context of a call that must not be sent twice when its answer is lost.
type once struct{}

func onlyOnce(ctx context.Context) context.Context { return context.WithValue(ctx, once{}, true) }

// again decides whether a call is tried again. A rate limit refuses a call
// before it is carried out, so that one may always be repeated, later; a broken
// connection or a 5xx leaves open whether it was carried out.
func again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	idempotent := ctx.Value(once{}) == nil
	if err != nil {
		if !idempotent {
			return false, nil
		}
		return retryablehttp.ErrorPropagatedRetryPolicy(ctx, resp, err)
	}
	retry := limited(resp) || idempotent && resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
	if !retry {
		return false, nil
	}
	// Waiting past the deadline would hide GitHub's answer behind "deadline exceeded".
	if deadline, ok := ctx.Deadline(); ok && time.Now().Add(asked(resp)).After(deadline) {
		return false, nil
	}
	return true, nil
}

// limited tells a rate limit from a missing right; both answer 403
// (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit).
func limited(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0" ||
			strings.Contains(peek(resp), "secondary rate limit")
	}
	return false
}

// peek reads the start of an answer and puts it back.
func peek(resp *http.Response) string {
	start, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // a broken body is found by its reader
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), resp.Body), resp.Body}
	return string(start)
}

// asked is how long GitHub wants us to wait; 0 when it does not say.
func asked(resp *http.Response) time.Duration {
	if resp == nil {
		return 0
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		return time.Duration(s) * time.Second
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		if at, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(0, time.Until(time.Unix(at, 0)))
		}
	}
	return 0
}

func wait(shortest, longest time.Duration, attempt int, resp *http.Response) time.Duration {
	if d := asked(resp); d > 0 {
		return d
	}
	return min(shortest<<attempt, longest)
}
