// Package registry knows container registries: it looks base images up,
// assembles images from layers, and publishes them by digest to a registry or
// an image layout. It is the only importer of go-containerregistry's remote
// and mutate.
package registry

import (
	"context"
	"net/http"
	"strings"
	"sync"
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
	carrier *carrier

	mu         sync.Mutex
	bases      map[string]v1.Image  // by manifest digest
	deliveries map[string]*delivery // by reference: what has begun to be uploaded
	offers     *offers              // once there is one
}

// New makes a client.
func New(o Options) *Client {
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	if o.Transport == nil {
		o.Transport = impatient()
	}
	// A helper's password may last an hour, and a run longer.
	o.Keychain = authn.RefreshingKeychain(o.Keychain, 5*time.Minute)
	return &Client{
		options:    o,
		carrier:    &carrier{inner: o.Transport, patience: usual, silence: time.Minute},
		bases:      map[string]v1.Image{},
		deliveries: map[string]*delivery{},
	}
}

// remote gives the options of one operation. publishing is true for writes,
// which may have credentials of their own.
func (c *Client) remote(ctx context.Context, publishing bool) []remote.Option {
	o := []remote.Option{
		remote.WithContext(ctx),
		remote.WithUserAgent("slipway"),
		remote.WithTransport(c.carrier),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}), // none: the carrier's are ours
	}
	if publishing && c.options.Username != "" {
		return append(o, remote.WithAuth(&authn.Basic{Username: c.options.Username, Password: c.options.Password}))
	}
	return append(o, remote.WithAuthFromKeychain(c.options.Keychain))
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
