package registry

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Publish writes the image to "registry/repository" or "oci:DIR". The order in
// a registry, so that a run that is cut off leaves nothing half-published:
//
//  1. layers, those that are not there yet; base layers are mounted from where
//     the same registry already has them
//  2. the config, then the manifest by its digest: now the image exists, and nobody is led to it
//  3. the tags, last and in order
func (c *Client) Publish(ctx context.Context, image stage.Image, to string, tags []string) (stage.Published, error) {
	img, err := c.assemble(image)
	if err != nil {
		return stage.Published{}, err
	}
	manifest, err := manifestOf(img, image)
	if err != nil {
		return stage.Published{}, err
	}
	done := stage.Published{Manifest: manifest, Reference: to + "@" + manifest.Digest, Tags: tags, Pushed: map[string]int64{}}
	if dir, ok := strings.CutPrefix(to, "oci:"); ok {
		return done, writeLayout(dir, img, tags)
	}
	repository, err := name.NewRepository(to)
	if err != nil {
		return done, &stage.Error{What: fmt.Sprintf("%q is no repository", to), Where: "--publish", Remedy: "write it as registry/repository, without a tag", Err: err}
	}
	doing := "publishing to " + to
	options := c.remote(ctx, true)
	ref := repository.Digest(manifest.Digest)
	if _, err := remote.Head(ref, options...); err != nil { // not there, or not to be read: then the push tells
		counted, err := count(img)
		if err != nil {
			return done, err
		}
		if err := remote.Write(ref, counted, options...); err != nil {
			return done, explain(err, doing, repository.RegistryStr())
		}
		done.Pushed = counted.sent()
	}
	for _, t := range tags {
		if err := remote.Tag(repository.Tag(t), img, options...); err != nil {
			return done, explain(err, doing+":"+t, repository.RegistryStr())
		}
	}
	return done, nil
}

// counting is an image that knows how many bytes of each layer were really read to be sent.
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
		// A base layer stays mountable: that is recognised by its type.
		if m, ok := l.(*remote.MountableLayer); ok {
			c.layers = append(c.layers, &remote.MountableLayer{Layer: &countedLayer{m.Layer, c}, Reference: m.Reference})
			continue
		}
		c.layers = append(c.layers, &countedLayer{l, c})
	}
	return c, nil
}

func (c *counting) Layers() ([]v1.Layer, error) { return c.layers, nil }

func (c *counting) sent() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

type countedLayer struct {
	v1.Layer
	in *counting
}

func (l *countedLayer) Compressed() (io.ReadCloser, error) {
	r, err := l.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	digest, err := l.Digest()
	if err != nil {
		return nil, err
	}
	return &countedReader{r, l.in, digest.String()}, nil
}

type countedReader struct {
	io.ReadCloser
	in     *counting
	digest string
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.in.mu.Lock()
	r.in.bytes[r.digest] += int64(n)
	r.in.mu.Unlock()
	return n, err
}
