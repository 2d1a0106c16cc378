// Package registry knows container registries: it looks base images up,
// assembles images from layers, and publishes them by digest to a registry or
// an image layout. It is the only importer of go-containerregistry's remote
// and mutate.
package registry

import (
	"context"
	"net/http"
	"sync"

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
	// Transport carries the requests; nil is the default one.
	Transport http.RoundTripper
}

// Client talks to registries. It remembers the base images it was asked for.
type Client struct {
	options Options

	mu    sync.Mutex
	bases map[string]v1.Image // by manifest digest
}

// New makes a client.
func New(o Options) *Client { return &Client{options: o, bases: map[string]v1.Image{}} }

// remote gives the options of one operation. publishing is true for writes,
// which may have credentials of their own.
func (c *Client) remote(ctx context.Context, publishing bool) []remote.Option {
	o := []remote.Option{remote.WithContext(ctx), remote.WithUserAgent("slipway")}
	if publishing && c.options.Username != "" {
		o = append(o, remote.WithAuth(&authn.Basic{Username: c.options.Username, Password: c.options.Password}))
	} else {
		o = append(o, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	}
	if c.options.Transport != nil {
		o = append(o, remote.WithTransport(c.options.Transport))
	}
	return o
}

// sources are the references to try for one that was asked for: the mirror of its registry, then itself.
func (c *Client) sources(ref name.Reference) ([]name.Reference, error) {
	host := ref.Context().RegistryStr()
	if host == name.DefaultRegistry { // "index.docker.io", which everybody calls docker.io
		host = "docker.io"
	}
	mirror, ok := c.options.Mirrors[host]
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
