package registry

import (
	"context"
	"strings"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Upload sends layers and configs of the images to a repository, and nothing
// that names them: until Publish has written a manifest, no image is there, and
// the registry's garbage collection takes what was sent. It may be cut off at any point.
func (c *Client) Upload(ctx context.Context, images []stage.Image, to string) error {
	d, err := c.delivery(ctx, images, to)
	if err != nil {
		return err
	}
	return d.upload(ctx)
}

// Publish writes the images, one for each platform, to "registry/repository" or
// "oci:DIR". The order in a registry, so that a run that is cut off leaves
// nothing half-published:
//
//  1. is the manifest there by its digest? then so is all it refers to, and only tags are left to do
//  2. layers and configs, those that Upload has not sent and the registry does not have
//  3. the manifests by their digests; of several images their index last
//  4. the documents about the image, as its referrers
//  5. the tags, in order
//
// Documents are made before anything is written, so that one that cannot be
// made leaves nothing; attach may be nil.
func (c *Client) Publish(ctx context.Context, images []stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error) {
	if dir, ok := strings.CutPrefix(to, "oci:"); ok {
		return c.lay(ctx, images, imageDir{dir}, tags, attach)
	}
	d, err := c.delivery(ctx, images, to)
	if err != nil {
		return stage.Published{}, err
	}
	defer c.forget(d)
	done := stage.Published{Digest: d.digest()}
	docs, err := documentsOf(ctx, done.Digest, attach)
	if err != nil {
		return done, err
	}
	err = d.upload(ctx)
	done.Pushed = d.pushed()
	if err != nil {
		return done, err
	}
	if err := d.commit(ctx); err != nil {
		return done, err
	}
	done.Reference = d.reference()
	hang := hanging{client: c, repository: d.repository, pusher: d.pusher}
	if done.Attached, err = hang.attach(ctx, d.manifests[len(d.manifests)-1].Descriptor, docs); err == nil {
		err = hang.settle(ctx, false)
	}
	if err != nil {
		return done, d.explainAs(err, "attaching documents to "+done.Reference)
	}
	for _, t := range tags {
		if err := d.tag(ctx, t); err != nil {
			return done, err
		}
		done.Tags = append(done.Tags, t)
	}
	return done, d.explainAs(hang.settle(ctx, true), "attaching documents to "+done.Reference)
}

func documentsOf(ctx context.Context, digest string, attach stage.Attach) ([]stage.Attachment, error) {
	if attach == nil {
		return nil, nil
	}
	return attach(ctx, digest)
}

// lay writes the images to a layout directory.
func (c *Client) lay(ctx context.Context, images []stage.Image, dir imageDir, tags []string, attach stage.Attach) (stage.Published, error) {
	assembled, manifests, err := c.together(ctx, images)
	if err != nil {
		return stage.Published{}, err
	}
	done := stage.Published{Digest: manifests[len(manifests)-1].digest.String()}
	docs, err := documentsOf(ctx, done.Digest, attach)
	if err != nil {
		return done, err
	}
	if done.Pushed, done.Attached, err = dir.write(ctx, assembled, manifests, tags, docs); err != nil {
		return done, err
	}
	done.Reference, done.Tags = "oci:"+dir.dir+"@"+done.Digest, tags
	return done, nil
}
