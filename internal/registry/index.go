package registry

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Digest is the identity of all images together, without moving any layer: of
// one its manifest's, of several their index's.
func (c *Client) Digest(ctx context.Context, images []stage.Image) (string, error) {
	if len(images) == 1 {
		m, err := c.Manifest(ctx, images[0])
		return m.Digest, err
	}
	index, err := c.index(ctx, images)
	if err != nil {
		return "", err
	}
	digest, err := index.Digest()
	return digest.String(), err
}

// index lists the images by platform, in their order
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md).
func (c *Client) index(ctx context.Context, images []stage.Image) (v1.ImageIndex, error) {
	var adds []mutate.IndexAddendum
	for _, image := range images {
		img, err := c.assemble(ctx, image)
		if err != nil {
			return nil, err
		}
		platform, err := v1.ParsePlatform(image.Platform)
		if err != nil {
			return nil, err
		}
		adds = append(adds, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), adds...), nil
}
