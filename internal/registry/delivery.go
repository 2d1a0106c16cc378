package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/stage"
)

// delivery is what goes to one repository: the blobs of the images, then their manifests, then tags.
type delivery struct {
	client     *Client
	to         string
	repository name.Repository
	images     []*counting
	manifests  []manifest // in the order they are written; the last one is what is published
	// pusher is one for all: it asks once who we are, and knows what it has already written.
	pusher *remote.Pusher
	there  bool // the registry has had it all along
	sent   bool // all blobs are there
}

// delivery gives the one for these images and this repository: what Upload has
// begun, Publish goes on with.
func (c *Client) delivery(ctx context.Context, images []stage.Image, to string) (*delivery, error) {
	repository, err := name.NewRepository(to)
	if err != nil {
		return nil, &stage.Error{What: fmt.Sprintf("%q is no repository", to), Where: "--publish", Remedy: "write it as registry/repository, without a tag", Err: err}
	}
	assembled, manifests, err := c.together(ctx, images)
	if err != nil {
		return nil, err
	}
	d := &delivery{client: c, to: to, repository: repository, manifests: manifests}
	c.mu.Lock()
	defer c.mu.Unlock()
	if begun, ok := c.deliveries[d.reference()]; ok {
		return begun, nil
	}
	for _, img := range assembled {
		counted, err := count(img)
		if err != nil {
			return nil, err
		}
		d.images = append(d.images, counted)
	}
	if err := d.connect(ctx); err != nil {
		return nil, err
	}
	c.deliveries[d.reference()] = d
	return d, nil
}

// forget ends a delivery: whoever publishes again looks again.
func (c *Client) forget(d *delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.deliveries, d.reference())
}

func (d *delivery) connect(ctx context.Context) (err error) {
	d.pusher, err = remote.NewPusher(d.client.remote(ctx, true)...)
	return err
}

// digest is of what is published.
func (d *delivery) digest() string { return d.manifests[len(d.manifests)-1].digest.String() }

func (d *delivery) reference() string { return d.to + "@" + d.digest() }

func (d *delivery) explain(err error) error { return d.explainAs(err, "publishing to "+d.to) }

func (d *delivery) explainAs(err error, doing string) error {
	return explain(err, doing, host(d.repository.Registry))
}

// look asks whether the registry has the manifest: then it has all that it refers to.
func (d *delivery) look(ctx context.Context) error {
	_, err := remote.Head(d.repository.Digest(d.digest()), d.client.remote(ctx, true)...)
	var answer *transport.Error
	if errors.As(err, &answer) && slices.Contains([]int{http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized}, answer.StatusCode) {
		return nil // not there; some refuse to tell (https://jfrog.atlassian.net/browse/RTFACT-13797), and will say more of a write
	}
	d.there = err == nil
	return d.explain(err)
}

// upload sends what the registry does not have yet: layers and configs, four at
// a time. Layers of the base are mounted where the same registry has them.
func (d *delivery) upload(ctx context.Context) error {
	if d.sent {
		return nil
	}
	if err := d.look(ctx); err != nil || d.there {
		return err
	}
	var blobs []v1.Layer
	for _, img := range d.images {
		config, err := partial.ConfigLayer(img)
		if err != nil {
			return err
		}
		blobs = append(append(blobs, img.layers...), config)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, blob := range blobs {
		group.Go(func() error {
			return d.client.carrier.patience.whole(ctx, func(ctx context.Context) error {
				return d.pusher.Upload(ctx, d.repository, blob)
			})
		})
	}
	err := group.Wait()
	d.sent = err == nil
	return d.explain(err)
}

// commit writes the manifests by their digests. Now the image exists, and nobody is led to it.
func (d *delivery) commit(ctx context.Context) error {
	if d.there {
		return nil
	}
	err := d.put(ctx)
	var answer *transport.Error
	if errors.As(err, &answer) && slices.ContainsFunc(answer.Errors, func(x transport.Diagnostic) bool { return x.Code == transport.ManifestBlobUnknownErrorCode }) {
		// The checks took long, and the registry has cleaned up since: once more, all of it.
		d.sent = false
		if err := d.connect(ctx); err != nil {
			return err
		}
		if err := d.upload(ctx); err != nil {
			return err
		}
		err = d.put(ctx)
	}
	return d.explain(err)
}

func (d *delivery) put(ctx context.Context) error {
	for _, m := range d.manifests {
		err := d.client.carrier.patience.whole(ctx, func(ctx context.Context) error {
			return d.pusher.Put(ctx, d.repository.Digest(m.digest.String()), m)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tag leads a tag to the image. One that leads there already is left alone.
func (d *delivery) tag(ctx context.Context, t string) error {
	tag, m := d.repository.Tag(t), d.manifests[len(d.manifests)-1]
	err := d.client.carrier.patience.whole(ctx, func(ctx context.Context) error {
		return d.pusher.Push(ctx, tag, m)
	})
	var answer *transport.Error
	if !errors.As(err, &answer) || answer.StatusCode < http.StatusBadRequest || answer.StatusCode >= http.StatusInternalServerError {
		return d.explainAs(err, "publishing to "+d.to+":"+t)
	}
	// The registry took the manifest, and does not take the tag.
	there, missing := remote.Head(tag, d.client.remote(ctx, true)...)
	switch {
	case missing != nil:
		return d.explainAs(err, "publishing to "+d.to+":"+t)
	case there.Digest == m.digest: // another run was quicker, with the same image
		return nil
	}
	return &stage.Error{
		What:   fmt.Sprintf("the tag %s is there already, for another image (%s), and the registry does not let it be overwritten: %s", t, there.Digest, said(answer)),
		Where:  d.to + ":" + t,
		Remedy: "give the image another tag (publish.tags, --tag), or allow this one to be overwritten in the registry's settings; the image itself is there as " + d.reference(),
		Err:    err,
	}
}

// pushed is how many bytes of each layer were sent.
func (d *delivery) pushed() map[string]int64 {
	all := map[string]int64{}
	for _, img := range d.images {
		for digest, n := range img.sent() {
			all[digest] = max(all[digest], n) // platforms share layers, and each is sent once
		}
	}
	return all
}
