package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// BodyBytes is how much of one body is kept.
	BodyBytes = 1 << 20
	// AllBodies is how much of all together: the probe lives in the model's
	// memory limit and has to stay small.
	AllBodies = 16 << 20
	// readBytes is where reading a body stops: some never end.
	readBytes = 64 << 20
	// DefaultTimeout bounds a case that names no timeout.
	DefaultTimeout = 30 * time.Second
)

// ask sends one case and reads what comes back, within the case's time.
func (c *Client) ask(ctx context.Context, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	a := protocol.Answer{Name: r.Name, Request: r.Hash()}
	message, err := proto.Request(r, t)
	if err != nil {
		a.Invalid, a.Error = true, "the request could not be made: "+err.Error()
		return a
	}
	e := c.exchange(ctx, c.fresh, message, Timeout(r), func(body io.Reader) (int64, error) { return c.bodies.Keep(&a, body) })
	a.Status, a.ContentType = e.status, e.header.Get("Content-Type")
	a.LatencyMS, a.FirstByteMS = Milliseconds(e.took), Milliseconds(e.first)
	a.Error = e.failure.text
	if encoding := e.header.Get("Content-Encoding"); a.Error == "" && encoding != "" && !strings.EqualFold(encoding, "identity") && message.Headers["Accept-Encoding"] == "" {
		a.Error = fmt.Sprintf("the body is compressed (%s), though none but an uncompressed one was accepted", encoding)
	}
	return a
}

// Timeout is the time that a case has.
func Timeout(r protocol.Request) time.Duration { return orDefault(r.TimeoutMS, DefaultTimeout) }

func orDefault(millis int64, otherwise time.Duration) time.Duration {
	if millis <= 0 {
		return otherwise
	}
	return time.Duration(millis) * time.Millisecond
}

// exchange is one request and what came back.
type exchange struct {
	status int // 0: no response began
	header http.Header
	// took is from the first byte sent to the last received, first to the first
	// of the body; 0 when there was none.
	took, first time.Duration
	failure     failure // the zero value: the answer is complete
}

func (c *Client) exchange(ctx context.Context, via *http.Client, m protocol.Message, limit time.Duration, read func(io.Reader) (int64, error)) (e exchange) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin, connected := time.Now(), false
	resp, err := c.send(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if !connected { // a second one is tried again after the server had closed the first: that is the server's time
			begin, connected = time.Now(), true
		}
	}}), via, m)
	length := int64(0)
	if err == nil {
		e.status, e.header = resp.StatusCode, resp.Header
		length, err = read(&noticing{resp.Body, func() { e.first = time.Since(begin) }})
	}
	e.took = time.Since(begin)
	if err == nil {
		// A body that was read to its end leaves its connection to the next request.
		_ = resp.Body.Close()
		return e
	}
	e.failure = c.explain(err, resp, length, limit)
	if resp != nil {
		cancel() // first, or Close reads on
		_ = resp.Body.Close()
	}
	return e
}

// noticing calls when the first byte comes.
type noticing struct {
	io.Reader
	first func()
}

func (n *noticing) Read(p []byte) (int, error) {
	read, err := n.Reader.Read(p)
	if read > 0 && n.first != nil {
		n.first()
		n.first = nil
	}
	return read, err
}

// ErrEndless is that of a body of which more came than is ever read.
var ErrEndless = fmt.Errorf("had not ended after %d MiB, so reading was stopped", readBytes>>20)

// Bodies bounds what is kept of the bodies of one round together. The zero value has no room.
type Bodies struct{ left int64 }

// BodiesOf is the room in one of several rounds; each has the same, so that the
// same is kept in each.
func BodiesOf(rounds int) Bodies { return Bodies{left: AllBodies / int64(max(1, rounds))} }

// Keep reads a body until it ends: a bounded part of it to keep, length and
// hash of all of it.
func (b *Bodies) Keep(a *protocol.Answer, body io.Reader) (length int64, err error) {
	hash := sha256.New()
	a.Length, err = read(io.MultiWriter(hash, writer(func(p []byte) {
		if room := min(BodyBytes-int64(len(a.Body)), b.left, int64(len(p))); room > 0 {
			a.Body = append(a.Body, p[:room]...)
			b.left -= room
		}
	})), body)
	a.Truncated = a.Length > int64(len(a.Body))
	a.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return a.Length, err
}

// read takes all of a body, or readBytes of it.
func read(to io.Writer, body io.Reader) (int64, error) {
	n, err := io.Copy(to, io.LimitReader(body, readBytes))
	if err == nil && n == readBytes {
		err = ErrEndless
	}
	return n, err
}

// writer is a function that takes what is written.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
