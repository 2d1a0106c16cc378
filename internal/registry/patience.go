package registry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// patience is how long a registry is waited for when what is wrong with it may
// pass: it is busy, it starts anew, a connection dropped. go-containerregistry
// has retries of its own; they are off, because they neither end with their
// context nor do they wait as long as a registry asks.
type patience struct {
	waits   []time.Duration // between tries
	longest time.Duration   // that a registry may ask for; more ends the run with its answer
}

// usual is half a minute in all: what a registry takes to start anew.
var usual = patience{
	waits:   []time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second},
	longest: 2 * time.Minute,
}

// each tries f until it succeeds, fails for good, or patience has run out. f also
// says how long the registry asked to be left alone (0: it did not).
func (p patience) each(ctx context.Context, f func() (asked time.Duration, err error)) error {
	for _, wait := range p.waits {
		asked, err := f()
		if err == nil || !passing(err) || asked > p.longest {
			return err
		}
		// Many clients that were sent away together must not come back together.
		wait += time.Duration(rand.Int64N(int64(wait)/10 + 1)) //nolint:gosec // no secret
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(max(wait, asked)):
		}
	}
	_, err := f()
	return err
}

// busy are the answers of a registry, or of a proxy before it, that say nothing about the request.
var busy = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	499, // nginx: the client closed the request
	522, // Cloudflare: the origin timed out
}

// lost are errors about an upload that begins anew all the same: a registry that was started anew does not know it.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
var lost = []transport.ErrorCode{transport.BlobUploadUnknownErrorCode, transport.BlobUploadInvalidErrorCode}

// errStalled is a connection on which nothing moves any more.
var errStalled = errors.New("the connection stalled: nothing moved on it for a minute")

// passing tells whether what happened to a request may pass by itself.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if errors.Is(err, errStalled) {
		return true
	}
	var answer *transport.Error
	if errors.As(err, &answer) {
		return !full(answer) && (slices.Contains(busy, answer.StatusCode) || slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool {
			return slices.Contains(lost, d.Code)
		}))
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary && !dns.IsTimeout
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return false // it has had its time
	}
	var temporary interface{ Temporary() bool }
	if errors.As(err, &temporary) && temporary.Temporary() {
		return true
	}
	for _, dropped := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET, net.ErrClosed} {
		if errors.Is(err, dropped) {
			return true
		}
	}
	return false
}

// full tells of a registry that has no room left: waiting makes none. There is
// no code for it; distribution answers 500 with the system's words, or its number, among the details.
func full(answer *transport.Error) bool {
	if answer.StatusCode == http.StatusInsufficientStorage || strings.Contains(answer.Error(), syscall.ENOSPC.Error()) {
		return true
	}
	return slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool {
		var detail struct{ Enclosed struct{ Err syscall.Errno } }
		raw, err := json.Marshal(d.Detail)
		return err == nil && json.Unmarshal(raw, &detail) == nil && detail.Enclosed.Err == syscall.ENOSPC
	})
}
