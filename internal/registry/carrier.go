package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// carrier carries requests to registries, below all that go-containerregistry
// does about logins: it repeats what can be repeated, gives up what does not
// move, and sends a body once more after a login has expired.
type carrier struct {
	inner    http.RoundTripper
	patience patience
	// silence is how long a connection may stand still in the middle of a body.
	silence time.Duration
	// known are the hosts that have answered before: one that refuses a connection now is starting anew.
	known sync.Map
}

// impatient is go-containerregistry's own transport, less its patience: a run that
// cannot reach its registry has to say so while somebody is watching.
func impatient() http.RoundTripper {
	t := remote.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	// Counted from the end of the request: some registries check a whole layer before they answer.
	t.ResponseHeaderTimeout = 2 * time.Minute
	return t
}

// RoundTrip implements http.RoundTripper.
func (c *carrier) RoundTrip(in *http.Request) (*http.Response, error) {
	if t := tryOf(in.Context()); t != nil || !repeatable(in) {
		resp, err := c.once(in)
		if t != nil && resp != nil {
			t.asked = askedFor(resp)
		}
		return resp, err
	}
	var resp *http.Response
	err := c.patience.each(in.Context(), func() (time.Duration, error) {
		if resp != nil {
			drop(resp)
		}
		var err error
		if resp, err = c.once(in); err != nil || !slices.Contains(busy, resp.StatusCode) { //nolint:bodyclose // the caller's, or dropped
			return 0, err
		}
		return askedFor(resp), errBusy
	})
	if errors.Is(err, errBusy) {
		return resp, nil // the answer says it better
	}
	if err != nil && resp != nil {
		drop(resp)
		resp = nil
	}
	return resp, err
}

// repeatable are the requests that may be made twice: all but those of an
// upload, of which the registry counts the bytes.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPut:
		return strings.Contains(r.URL.Path, "/manifests/")
	}
	return false
}

// temporary is an error that may pass.
type temporary struct{ error }

func (temporary) Temporary() bool { return true }
func (t temporary) Unwrap() error { return t.error }

var errBusy = temporary{errors.New("the registry is busy")}

// askedFor is how long the registry asks to be left alone
// (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
func askedFor(resp *http.Response) time.Duration {
	asked := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(asked); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(asked); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// drop reads the rest of an answer, so that its connection can be used again.
func drop(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
}

// once makes the request one time.
func (c *carrier) once(in *http.Request) (*http.Response, error) {
	ctx, stop := context.WithCancelCause(in.Context())
	w := &watch{timer: time.AfterFunc(c.silence, func() { stop(errStalled) }), silence: c.silence}
	w.timer.Stop() // connecting and answering have limits of their own
	out := in.WithContext(ctx)
	if in.Body != nil && in.Body != http.NoBody {
		body, err := unread(in)
		if err != nil {
			stop(nil)
			return nil, err
		}
		out.Body = &watched{ReadCloser: body, watch: w}
	}
	resp, err := c.inner.RoundTrip(out)
	w.timer.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		} else if _, known := c.known.Load(in.URL.Host); known && errors.Is(err, syscall.ECONNREFUSED) {
			err = temporary{err} // it is starting anew
		}
		stop(nil)
		return nil, err
	}
	c.known.Store(in.URL.Host, true)
	resp.Body = &watched{ReadCloser: resp.Body, watch: w, answer: true, end: func() { stop(nil) }}
	return resp, nil
}

// unread is the request's body from its beginning: it was read before when the
// first answer was that the login has expired, and the request is made again.
func unread(in *http.Request) (io.ReadCloser, error) {
	if b, ok := in.Body.(*countedReader); in.GetBody == nil || ok && !b.used.Load() {
		return in.Body, nil
	}
	_ = in.Body.Close() // most likely it is
	return in.GetBody()
}

// watch ends a request when nothing has moved for a while.
type watch struct {
	timer   *time.Timer
	silence time.Duration
}

// watched is a body under watch. Of a request's, the time between reads is the
// network's; of an answer's, the time of a read is.
type watched struct {
	io.ReadCloser
	*watch
	answer bool
	end    func()
}

func (w *watched) Read(p []byte) (int, error) {
	if w.answer {
		w.timer.Reset(w.silence)
		defer w.timer.Stop()
		return w.ReadCloser.Read(p)
	}
	w.timer.Stop()
	n, err := w.ReadCloser.Read(p)
	if err == nil {
		w.timer.Reset(w.silence)
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	if w.end != nil {
		defer w.end()
	}
	return w.ReadCloser.Close()
}

// try is one try of something that consists of several requests, and is
// repeated as a whole: its requests are not.
type try struct{ asked time.Duration } // by the registry, at last

type tryKey struct{}

func tryOf(ctx context.Context) *try {
	t, _ := ctx.Value(tryKey{}).(*try)
	return t
}

// whole tries something that consists of several requests until it succeeds or patience has run out.
func (p patience) whole(ctx context.Context, f func(ctx context.Context) error) error {
	return p.each(ctx, func() (time.Duration, error) {
		t := &try{}
		err := f(context.WithValue(ctx, tryKey{}, t))
		return t.asked, err
	})
}
