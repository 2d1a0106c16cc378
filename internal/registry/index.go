package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/stage"
)

// manifest is one document that names blobs, or other manifests, by digest.
type manifest struct {
	v1.Descriptor
	raw    []byte
	digest v1.Hash
}

// RawManifest and MediaType are all that a push needs: what the manifest names was sent before.
func (m manifest) RawManifest() ([]byte, error) { return m.raw, nil }

// MediaType is the manifest's.
func (m manifest) MediaType() (types.MediaType, error) { return m.Descriptor.MediaType, nil }

// Digest is the identity that these images are published under: of one its
// manifest's, of several their index's.
func (c *Client) Digest(ctx context.Context, images []stage.Image) (string, error) {
	_, manifests, err := c.together(ctx, images)
	if err != nil {
		return "", err
	}
	return manifests[len(manifests)-1].digest.String(), nil
}

// together assembles the images, and lists their manifests in the order in
// which they are written: each before what names it. Several images have an
// index, in the order in which they are given, which is the configuration's
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md).
func (c *Client) together(ctx context.Context, images []stage.Image) ([]v1.Image, []manifest, error) {
	if len(images) == 0 {
		return nil, nil, errors.New("there is no image to publish")
	}
	var assembled []v1.Image
	var manifests []manifest
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for _, image := range images {
		img, err := c.assemble(ctx, image)
		if err != nil {
			return nil, nil, err
		}
		m, err := manifestFor(img, image.Platform)
		if err != nil {
			return nil, nil, err
		}
		assembled, manifests = append(assembled, img), append(manifests, m)
		index.Manifests = append(index.Manifests, m.Descriptor)
	}
	if len(images) == 1 {
		return assembled, manifests, nil
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return nil, nil, err
	}
	top, err := newManifest(raw, types.OCIImageIndex)
	return assembled, append(manifests, top), err
}

func manifestFor(img v1.Image, platform string) (manifest, error) {
	raw, err := img.RawManifest()
	if err != nil {
		return manifest{}, err
	}
	mediaType, err := img.MediaType()
	if err != nil {
		return manifest{}, err
	}
	m, err := newManifest(raw, mediaType)
	if err != nil {
		return manifest{}, err
	}
	m.Platform, err = v1.ParsePlatform(platform)
	return m, err
}

func newManifest(raw []byte, mediaType types.MediaType) (manifest, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	return manifest{v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, raw, digest}, err
}
