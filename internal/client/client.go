// Package client asks a running model server what a spec says, from inside
// its container or over the network, and writes down what came back. It
// judges nothing, and nothing that a server does makes it wait without end or
// use memory without bound.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// dialLimit bounds one attempt to connect, tlsLimit a handshake.
	dialLimit = 5 * time.Second
	tlsLimit  = 10 * time.Second
	// headerBytes is where reading a response's headers stops, 1xx responses
	// included. Servers themselves refuse requests with more than 8 to 64 KiB.
	headerBytes = 128 << 10
)

// Options say which server is asked: one of Port and URL.
type Options struct {
	// Port is that of a server on this machine, whatever address of it the server listens on.
	Port int
	// URL is where a server elsewhere is; the paths of requests are appended to it.
	URL string
	// Headers go with everything that is asked, readiness included; a case's own win.
	Headers map[string]string
}

// Client asks one server. It follows no redirect, asks for no compression, and
// takes a proxy only on the way to a URL: what the server says is what is
// written down.
//
// Every question has a connection of its own, so that no case depends on the
// one before it. A load keeps its connections, as real clients do. A latency
// never includes connecting.
type Client struct {
	fresh   *http.Client
	base    string // the address that paths are appended to
	where   string // the server, in messages
	port    int    // on this machine; 0: elsewhere
	headers map[string]string
	bodies  Bodies
	dials   atomic.Int64
	reached atomic.Bool

	mu    sync.Mutex
	hosts []string // to be tried, in this order
}

// New returns a client. The error is a mistake in the URL.
func New(o Options) (*Client, error) {
	c := &Client{headers: o.Headers, port: o.Port}
	if o.URL == "" {
		// The host is called localhost, which servers that check it know.
		c.base, c.where = fmt.Sprintf("http://localhost:%d", o.Port), fmt.Sprintf("port %d", o.Port)
		c.hosts = []string{"127.0.0.1", "::1"}
	} else {
		u, err := parse(o.URL)
		if err != nil {
			return nil, err
		}
		c.base, c.where, c.port = strings.TrimRight(u.String(), "/"), u.Host, 0
	}
	transport := c.transport()
	transport.DisableKeepAlives = true
	c.fresh = over(transport)
	return c, nil
}

// parse takes the address of a server, and nothing else that is a URL. What is
// no URL may hold a password wherever it likes: it is not repeated.
func parse(address string) (*url.URL, error) {
	scheme, _, _ := strings.Cut(strings.ToLower(address), "://")
	if scheme != "http" && scheme != "https" {
		return nil, errors.New("the URL of a server begins with http:// or https://, such as https://example.com/prefix")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the URL cannot be read: %w", errors.Unwrap(err))
	case u.Host == "":
		return nil, fmt.Errorf("the URL %q names no server: it looks like https://example.com/prefix", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("the URL %q has more than a path: give the rest as the path of a case", u.Redacted())
	}
	return u, nil
}

func (c *Client) transport() *http.Transport {
	t := &http.Transport{DialContext: c.dial, TLSHandshakeTimeout: tlsLimit, DisableCompression: true, MaxResponseHeaderBytes: headerBytes}
	if c.port == 0 {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

func over(t *http.Transport) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Reached is true once a server has begun to answer anything at all.
func (c *Client) Reached() bool { return c.reached.Load() }

// Dials counts the connections that were opened, or refused.
func (c *Client) Dials() int64 { return c.dials.Load() }

func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialLimit}
	if c.port == 0 {
		return dialer.DialContext(ctx, network, address)
	}
	c.mu.Lock()
	hosts := c.hosts
	c.mu.Unlock()
	var first error
	for _, host := range hosts {
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
func (c *Client) findHosts(listening []netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range listening {
		host := l.Addr().String()
		if int(l.Port()) == c.port && !l.Addr().IsUnspecified() && !slices.Contains(c.hosts, host) {
			c.hosts = append(c.hosts[:len(c.hosts):len(c.hosts)], host) // a dial may be reading the old ones
		}
	}
}

// send starts an exchange.
func (c *Client) send(ctx context.Context, via *http.Client, m protocol.Message) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, m.Method, c.base+m.Path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if req.ContentLength, err = m.Body.Len(); err != nil {
		return nil, err
	}
	if req.ContentLength > 0 {
		req.Body = m.Body.Open()
		req.GetBody = func() (io.ReadCloser, error) { return m.Body.Open(), nil }
	}
	req.Header.Set("User-Agent", "slipway-probe")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "identity")
	for _, headers := range []map[string]string{c.headers, m.Headers} {
		for name, value := range headers {
			if http.CanonicalHeaderKey(name) == "Host" {
				req.Host = value
			}
			req.Header.Set(name, value)
		}
	}
	resp, err := via.Do(req)
	if err == nil && resp.StatusCode < 100 { // net/http takes any three digits
		_ = resp.Body.Close()
		return nil, fmt.Errorf("malformed HTTP status code %q", resp.Status)
	}
	if err == nil {
		c.reached.Store(true)
	}
	return resp, err
}

// Milliseconds is a duration in milliseconds, to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
