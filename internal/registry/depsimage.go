package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-dev/slipway/internal/layer"
)

// FindLayer looks a layer up that is kept for other machines: the top layer of
// the image with this tag. found is false when there is no such tag. Nothing
// that it says is proven: see layer.Receive.
func (c *Client) FindLayer(ctx context.Context, repository, tag string) (r layer.Received, found bool, err error) {
	all, found, err := c.FindLayers(ctx, repository, tag)
	if len(all) == 0 {
		return layer.Received{From: repository}, found, err
	}
	return all[len(all)-1], found, err
}

// FindLayers does the same for all layers of the image, bottom first.
func (c *Client) FindLayers(ctx context.Context, repository, tag string) (all []layer.Received, found bool, err error) {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return nil, false, err
	}
	doing, where := "looking up "+repository+":"+tag, host(ref.Registry)
	got, err := remote.Get(ref, c.remote(ctx, true)...)
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, explain(err, doing, where)
	}
	if !got.MediaType.IsImage() {
		return nil, true, &layer.WrongError{What: "it is no image: " + string(got.MediaType)}
	}
	img, err := got.Image()
	if err != nil {
		return nil, true, explain(err, doing, where)
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, true, &layer.WrongError{What: "its manifest cannot be read: " + err.Error()}
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, true, &layer.WrongError{What: "its configuration cannot be read: " + err.Error()}
	}
	if n := len(manifest.Layers); n == 0 || len(config.RootFS.DiffIDs) != n {
		return nil, true, &layer.WrongError{What: fmt.Sprintf("its configuration lists %d layers and its manifest %d", len(config.RootFS.DiffIDs), n)}
	}
	for n, l := range manifest.Layers {
		all = append(all, layer.Received{
			From: repository, DiffID: config.RootFS.DiffIDs[n].String(), Digest: l.Digest.String(), Size: l.Size, MediaType: string(ociLayer(l.MediaType)),
		})
	}
	return all, true, nil
}

// PullLayer downloads a layer that was found into an archive at path.
func (c *Client) PullLayer(ctx context.Context, r layer.Received, path string) (layer.Layer, error) {
	ref, err := name.NewDigest(r.From + "@" + r.Digest)
	if err != nil {
		return layer.Layer{}, err
	}
	doing, where := "fetching layer "+r.Digest+" from "+r.From, host(ref.Registry)
	l, err := remote.Layer(ref, c.remote(ctx, true)...)
	if err != nil {
		return layer.Layer{}, explain(err, doing, where)
	}
	blob, err := l.Compressed()
	if err != nil {
		return layer.Layer{}, explain(err, doing, where)
	}
	defer blob.Close() //nolint:errcheck // read only
	got, err := layer.Receive(path, blob, r)
	var wrong *layer.WrongError
	if err == nil || errors.As(err, &wrong) {
		return got, err
	}
	return got, explain(err, doing, where)
}
