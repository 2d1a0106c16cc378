package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// counter stands in front of the registry and counts what is sent to it: independently of what the sender says.
type counter struct {
	address string
	sent    atomic.Int64 // bytes of request bodies
	server  *http.Server
}

func startCounter(registry string) (*counter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &counter{}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	c.address = "localhost:" + port
	// The registry makes the addresses that it redirects to from the request's host, so that is passed on as it came.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: registry})
		r.Out.Host = r.In.Host
	}}
	c.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // G112: on loopback, for this process's own children
		r.Body = &counted{ReadCloser: r.Body, sum: &c.sent}
		proxy.ServeHTTP(w, r)
	})}
	go c.server.Serve(listener) //nolint:errcheck // ends with the benchmark
	return c, nil
}

type counted struct {
	io.ReadCloser
	sum *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Add(int64(n))
	return n, err
}
