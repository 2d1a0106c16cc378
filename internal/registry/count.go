package registry

import (
	"io"
	"maps"
	"sync"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// counting is an image that knows how many bytes of each layer were read to be
// sent. A layer that the registry has, or mounts, is not read.
type counting struct {
	v1.Image
	layers []v1.Layer

	mu    sync.Mutex
	bytes map[string]int64
}

func count(img v1.Image) (*counting, error) {
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	c := &counting{Image: img, bytes: map[string]int64{}}
	for _, l := range layers {
		// A layer that can be mounted is recognised by its type: it stays outside.
		if m, ok := l.(*remote.MountableLayer); ok {
			c.layers = append(c.layers, &remote.MountableLayer{Layer: countedLayer{m.Layer, c}, Reference: m.Reference})
			continue
		}
		c.layers = append(c.layers, countedLayer{l, c})
	}
	return c, nil
}

// Layers gives the counted layers in place of the image's own.
func (c *counting) Layers() ([]v1.Layer, error) { return c.layers, nil }

func (c *counting) sent() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.bytes)
}

type countedLayer struct {
	v1.Layer
	in *counting
}

// Compressed opens the layer and counts from nothing: a second time is a
// second try, and what came of the first is not in the registry.
func (l countedLayer) Compressed() (io.ReadCloser, error) {
	digest, err := l.Digest()
	if err != nil {
		return nil, err
	}
	r, err := l.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	l.in.mu.Lock()
	l.in.bytes[digest.String()] = 0
	l.in.mu.Unlock()
	return &countedReader{ReadCloser: r, in: l.in, digest: digest.String()}, nil
}

type countedReader struct {
	io.ReadCloser
	in     *counting
	digest string
	used   atomic.Bool // read or closed: it does not give the whole layer any more
}

func (r *countedReader) Close() error {
	r.used.Store(true)
	return r.ReadCloser.Close()
}

func (r *countedReader) Read(p []byte) (int, error) {
	r.used.Store(true)
	n, err := r.ReadCloser.Read(p)
	r.in.mu.Lock()
	r.in.bytes[r.digest] += int64(n)
	r.in.mu.Unlock()
	return n, err
}
