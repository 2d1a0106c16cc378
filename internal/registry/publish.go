package registry

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Publish writes the image to "registry/repository" or "oci:DIR". The order in
// a registry, so that a run that is cut off leaves nothing half-published:
//
//  1. is the manifest there by its digest? then so is all it refers to, and only tags are left to do
//  2. layers and config, those that are not there yet; layers of the base are
//     mounted where the same registry already has them
//  3. the manifest by its digest: now the image exists, and nobody is led to it
//  4. the documents about it, as its referrers
//  5. the tags, in order
func (c *Client) Publish(ctx context.Context, image stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error) {
	img, err := c.assemble(ctx, image)
	if err != nil {
		return stage.Published{}, err
	}
	manifest, err := manifestOf(img, image)
	if err != nil {
		return stage.Published{}, err
	}
	done := stage.Published{Manifest: manifest, Reference: to + "@" + manifest.Digest}
	var docs []stage.Attachment
	if attach != nil {
		if docs, err = attach(ctx, manifest.Digest); err != nil {
			return done, err
		}
	}
	if dir, ok := strings.CutPrefix(to, "oci:"); ok {
		if done.Pushed, done.Attached, err = (imageDir{dir}).write(ctx, img, tags, docs); err == nil {
			done.Tags = tags
		}
		return done, err
	}
	repository, err := name.NewRepository(to)
	if err != nil {
		return done, &stage.Error{What: fmt.Sprintf("%q is no repository", to), Where: "--publish", Remedy: "write it as registry/repository, without a tag", Err: err}
	}
	doing, where := "publishing to "+to, host(repository.Registry)
	counted, err := count(img)
	if err != nil {
		return done, err
	}
	// One pusher for all: it asks once who we are, and knows what it has already written.
	pusher, err := remote.NewPusher(c.remote(ctx, true)...)
	if err != nil {
		return done, err
	}
	err = pusher.Push(ctx, repository.Digest(manifest.Digest), counted)
	done.Pushed = counted.sent()
	if err != nil {
		return done, explain(err, doing, where)
	}
	subject, err := partial.Descriptor(img)
	if err != nil {
		return done, err
	}
	hang := hanging{client: c, repository: repository, pusher: pusher}
	if done.Attached, err = hang.attach(ctx, *subject, docs); err != nil {
		return done, explain(err, "attaching documents to "+done.Reference, where)
	}
	for _, t := range tags {
		if err := pusher.Push(ctx, repository.Tag(t), counted); err != nil {
			return done, explain(err, doing+":"+t, where)
		}
		done.Tags = append(done.Tags, t)
	}
	return done, explain(hang.settle(ctx), "attaching documents to "+done.Reference, where)
}
