//go:build linux

package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// bodyBytes is how much of one body is kept, allBodies of all together: the
	// probe lives in the model's memory limit and has to stay small.
	bodyBytes = 1 << 20
	allBodies = 8 << 20
	// readBytes is where reading a body stops: some never end.
	readBytes = 64 << 20
	// defaultTimeout bounds a case that names no timeout.
	defaultTimeout = 30 * time.Second
)

// client asks the server on its port, whatever local address it listens on.
// It takes no proxy, follows no redirect and asks for no compression: what
// the server says is what is written down.
type client struct {
	http  *http.Client
	port  int
	hosts []string     // to be tried, in this order
	keep  int64        // of bodies, still
	dials atomic.Int64 // connections that were opened, or refused
}

func newClient(port int) *client {
	c := &client{port: port, hosts: []string{"127.0.0.1", "::1"}, keep: allBodies}
	c.http = &http.Client{
		Transport: &http.Transport{DialContext: c.dial, DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return c
}

func (c *client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	var first error
	for _, host := range c.hosts {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(c.port)))
		if err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			c.dials.Add(1)
		}
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// findHosts adds what else is listened on with this port: some servers listen
// on the container's own address only.
func (c *client) findHosts(listening []netip.AddrPort) {
	for _, l := range listening {
		host := l.Addr().String()
		if int(l.Port()) == c.port && !l.Addr().IsUnspecified() && !slices.Contains(c.hosts, host) {
			c.hosts = append(c.hosts, host)
		}
	}
}

// send starts an exchange. The host is called localhost, which servers that check it know.
func (c *client) send(ctx context.Context, m protocol.Message) (*http.Response, error) {
	var body io.Reader
	if m.Body != nil {
		body = bytes.NewReader(m.Body)
	}
	req, err := http.NewRequestWithContext(ctx, m.Method, fmt.Sprintf("http://localhost:%d%s", c.port, m.Path), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "slipway-probe")
	req.Header.Set("Accept", "*/*")
	for name, value := range m.Headers {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	return c.http.Do(req)
}

// ask sends one case and reads what comes back, within the case's time.
func (c *client) ask(ctx context.Context, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	a := protocol.Answer{Name: r.Name}
	message, err := proto.Request(r, t)
	if err != nil {
		a.Error = "the request could not be made: " + err.Error()
		return a
	}
	limit := defaultTimeout
	if r.TimeoutMS > 0 {
		limit = time.Duration(r.TimeoutMS) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begin = time.Now() }})
	resp, err := c.send(ctx, message)
	if err == nil {
		a.Status, a.ContentType = resp.StatusCode, resp.Header.Get("Content-Type")
		err = c.read(&a, resp.Body)
		_ = resp.Body.Close()
	}
	a.LatencyMS = ms(time.Since(begin))
	if err != nil {
		a.Error = c.explain(err, resp, a.Length, limit)
	}
	return a
}

var errEndless = errors.New("endless")

// read takes the body: a bounded part of it to keep, length and hash of all of it.
func (c *client) read(a *protocol.Answer, body io.Reader) error {
	hash := sha256.New()
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		_, _ = hash.Write(buf[:n])
		if room := min(bodyBytes-int64(len(a.Body)), c.keep, int64(n)); room > 0 {
			a.Body = append(a.Body, buf[:room]...)
			c.keep -= room
		}
		a.Length += int64(n)
		if err == nil && a.Length >= readBytes {
			err = errEndless
		}
		if err != nil {
			a.Truncated = a.Length > int64(len(a.Body))
			a.SHA256 = hex.EncodeToString(hash.Sum(nil))
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// explain says in plain words why there is no complete answer. resp is nil when none began.
func (c *client) explain(err error, resp *http.Response, length int64, limit time.Duration) string {
	var op *net.OpError
	switch {
	case errors.Is(err, errEndless):
		return fmt.Sprintf("the body had not ended after %d MiB, so reading was stopped", readBytes>>20)
	case errors.Is(err, context.DeadlineExceeded) && resp == nil:
		return fmt.Sprintf("no answer within %s", limit)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("the answer was not complete after %s: %d bytes of the body had come", limit, length)
	case resp != nil && resp.ContentLength >= 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("the body was cut off: %d of the %d bytes that Content-Length promises", length, resp.ContentLength)
	case resp != nil:
		return fmt.Sprintf("the body was cut off after %d bytes: %s", length, cause(err))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens on port %d", c.port)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the server closed the connection without an answer"
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Sprintf("no connection to port %d: %s", c.port, cause(op.Err))
	}
	return "no answer that is HTTP: " + cause(err)
}

// cause strips what net/http puts around an error: method and URL, which are ours.
func cause(err error) string {
	text := err.Error()
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		text = inner.Error()
	}
	text = strings.TrimPrefix(text, "net/http: HTTP/1.x transport connection broken: ")
	return text[:min(len(text), 300)]
}
