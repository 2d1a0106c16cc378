package client

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// bare is a server that answers POST with whatever it likes, byte for byte,
// and is ready at GET. The connection is closed when answer returns.
func bare(t *testing.T, answer func(c net.Conn)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
					return
				}
				answer(c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// says is a server that answers with these bytes.
func says(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// endless writes the same again and again until nobody takes it.
func endless(first, again string) func(net.Conn) {
	return func(c net.Conn) {
		_, err := io.WriteString(c, first)
		for err == nil {
			_, err = io.WriteString(c, again)
		}
	}
}

// serving is a server that behaves.
func serving(t *testing.T, h http.HandlerFunc) (port int) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return portOf(t, s.URL)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// observe asks a server on a port over the protocol http.
func observe(t *testing.T, port int, server Server, spec protocol.Spec) protocol.Observations {
	t.Helper()
	c, err := New(Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	return c.tell(t, plain(t), server, spec)
}

func (c *Client) tell(t *testing.T, proto protocol.Protocol, server Server, spec protocol.Spec) (o protocol.Observations) {
	t.Helper()
	if spec.Ready.TimeoutMS == 0 {
		spec.Ready.TimeoutMS = 10000
	}
	c.Observe(context.Background(), spec, proto, server, &o)
	return o
}

func plain(t *testing.T) protocol.Protocol {
	t.Helper()
	proto, err := protocol.For("http")
	if err != nil {
		t.Fatal(err)
	}
	return proto
}

// post is a case with a JSON body.
func post(name, body string) protocol.Request {
	return protocol.Request{Name: name, JSON: []byte(body), TimeoutMS: 10000}
}
