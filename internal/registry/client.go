// Package registry knows container registries: it looks base images up,
// assembles images from layers, and publishes them by digest to a registry or
// an image layout. It is the only importer of go-containerregistry's remote
// and mutate.
package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Options say how registries are reached.
type Options struct {
	// Mirrors are asked first for images of a registry, by its host: {"docker.io": "localhost:5000"}.
	Mirrors map[string]string
	// Username and Password are for the registry that is published to; without
	// them the logins of Docker and its credential helpers are used.
	Username, Password string
	// Keychain has the logins; nil is Docker's own configuration.
	Keychain authn.Keychain
	// Transport carries the requests; nil is one that gives a silent registry up.
	Transport http.RoundTripper
	// Cache is a directory that keeps the layers of base images, for
	// destinations that do not have them; empty keeps none.
	Cache string
}

// Client talks to registries. It remembers the base images it was asked for.
type Client struct {
	options Options
	backoff remote.Backoff

	mu    sync.Mutex
	bases map[string]v1.Image // by manifest digest
}

// New makes a client.
func New(o Options) *Client {
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	if o.Transport == nil {
		o.Transport = impatient()
	}
	return &Client{
		options: o,
		// A busy registry has 7 seconds to recover: 1, then 2, then 4. These waits
		// cannot be cancelled, so none is longer than a cancelled run may take.
		backoff: remote.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.1, Steps: 4},
		bases:   map[string]v1.Image{},
	}
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

// remote gives the options of one operation. publishing is true for writes,
// which may have credentials of their own.
func (c *Client) remote(ctx context.Context, publishing bool) []remote.Option {
	o := []remote.Option{
		remote.WithContext(ctx),
		remote.WithUserAgent("slipway"),
		remote.WithTransport(c.options.Transport),
		remote.WithRetryBackoff(c.backoff),
		remote.WithRetryPredicate(passing),
	}
	if publishing && c.options.Username != "" {
		return append(o, remote.WithAuth(&authn.Basic{Username: c.options.Username, Password: c.options.Password}))
	}
	return append(o, remote.WithAuthFromKeychain(c.options.Keychain))
}

// passing tells whether what happened to a request may pass by itself. Which
// answers of a registry may is go-containerregistry's list: 408, 429 and most of 5xx.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
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

// sources are the references to try for one that was asked for: the mirror of its registry, then itself.
func (c *Client) sources(ref name.Reference) ([]name.Reference, error) {
	mirror, ok := c.options.Mirrors[host(ref.Context().Registry)]
	if !ok {
		return []name.Reference{ref}, nil
	}
	separator := ":"
	if _, byDigest := ref.(name.Digest); byDigest {
		separator = "@"
	}
	there, err := name.ParseReference(mirror + "/" + ref.Context().RepositoryStr() + separator + ref.Identifier())
	if err != nil {
		return nil, err
	}
	return []name.Reference{there, ref}, nil
}

// host is a registry by the name that people know.
func host(r name.Registry) string {
	if r.RegistryStr() == name.DefaultRegistry { // index.docker.io
		return "docker.io"
	}
	return r.RegistryStr()
}

// fullName is a reference with everything that is usually left out of it.
func fullName(ref string) string {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return ref
	}
	return strings.Replace(parsed.Name(), name.DefaultRegistry, "docker.io", 1)
}
