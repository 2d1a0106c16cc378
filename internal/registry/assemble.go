package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// epoch stands for every time in a config: the same content must give the same
// digest on any day (https://reproducible-builds.org/docs/source-date-epoch/).
var epoch = v1.Time{Time: time.Unix(0, 0).UTC()}

// Manifest says what the image's manifest is, without moving any layer.
func (c *Client) Manifest(ctx context.Context, image stage.Image) (stage.Manifest, error) {
	img, err := c.assemble(ctx, image)
	if err != nil {
		return stage.Manifest{}, err
	}
	return manifestOf(img, image)
}

func manifestOf(img v1.Image, image stage.Image) (stage.Manifest, error) {
	digest, err := img.Digest()
	if err != nil {
		return stage.Manifest{}, err
	}
	m := stage.Manifest{Digest: digest.String()}
	if m.Layers, err = layersOf(img, func(int) layer.Kind { return layer.Base }); err != nil {
		return stage.Manifest{}, err
	}
	ours := m.Layers[len(m.Layers)-len(image.Layers):]
	for n, l := range image.Layers {
		ours[n].Kind = l.Kind
	}
	for _, l := range m.Layers {
		m.Size += l.Size
	}
	return m, nil
}

// assemble makes an image whose every byte follows from its layers and
// configuration. ctx is for reading layers of the base later on.
func (c *Client) assemble(ctx context.Context, image stage.Image) (v1.Image, error) {
	if image.Archive != "" {
		from, err := readArchive(image.Archive, image.Platform)
		if err != nil {
			return nil, fmt.Errorf("reading the built image: %w", err)
		}
		layers, err := local(from.layers)
		if err != nil {
			return nil, err
		}
		return stack(layers, normalise(from.config, len(layers)))
	}
	if image.Base == nil {
		return nil, errors.New("an image to assemble has no base")
	}
	c.mu.Lock()
	base, ok := c.bases[image.Base.Digest]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("the base %s was never looked up", image.Base.Digest)
	}
	below, err := c.below(ctx, base)
	if err != nil {
		return nil, explain(err, "reading the base image "+image.Base.Ref, "build.base")
	}
	ours, err := local(image.Layers)
	if err != nil {
		return nil, err
	}
	from, err := base.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := normalise(from, len(below))
	apply(config, image)
	return stack(append(below, ours...), config)
}

// stack makes the image of these layers, bottom first, and this configuration.
func stack(layers []v1.Layer, config *v1.ConfigFile) (v1.Image, error) {
	var adds []mutate.Addendum
	for _, l := range layers {
		mediaType, err := l.MediaType()
		if err != nil {
			return nil, err
		}
		adds = append(adds, mutate.Addendum{Layer: l, MediaType: ociLayer(mediaType)})
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err := mutate.Append(img, adds...)
	if err != nil {
		return nil, err
	}
	stacked, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config.RootFS = stacked.RootFS
	return mutate.ConfigFile(img, config)
}

// normalise keeps of a configuration what an image of these layers is and does,
// and drops when, where and by what it was built.
func normalise(from *v1.ConfigFile, layers int) *v1.ConfigFile {
	to := &v1.ConfigFile{
		Architecture: from.Architecture, OS: from.OS, OSVersion: from.OSVersion, Variant: from.Variant,
		Created: epoch, Config: *from.Config.DeepCopy(),
	}
	to.Config.Hostname, to.Config.Image = "", ""
	filled := 0
	for _, h := range from.History {
		to.History = append(to.History, v1.History{Created: epoch, CreatedBy: h.CreatedBy, Comment: h.Comment, EmptyLayer: h.EmptyLayer})
		if !h.EmptyLayer {
			filled++
		}
	}
	if filled != layers { // it tells of other layers than these; tools count
		to.History = make([]v1.History, layers)
		for n := range to.History {
			to.History[n].Created = epoch
		}
	}
	return to
}

// apply puts what a run decided on top of the base's configuration.
func apply(f *v1.ConfigFile, image stage.Image) {
	for _, l := range image.Layers {
		f.History = append(f.History, v1.History{Created: epoch, CreatedBy: "slipway: " + string(l.Kind)})
	}
	c := image.Config
	f.Config.Env, f.Config.Entrypoint, f.Config.Cmd = c.Env, c.Entrypoint, c.Cmd
	f.Config.WorkingDir, f.Config.User = c.WorkingDir, c.User
	f.Config.OnBuild = nil // meant for a Dockerfile
	f.Config.ExposedPorts = nil
	for _, p := range c.Ports {
		if f.Config.ExposedPorts == nil {
			f.Config.ExposedPorts = map[string]struct{}{}
		}
		f.Config.ExposedPorts[strconv.Itoa(p)+"/tcp"] = struct{}{}
	}
	if f.Config.Labels == nil {
		f.Config.Labels = map[string]string{}
	}
	maps.Copy(f.Config.Labels, c.Labels)
	// What it stands on, for scanners and rebasers: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
	f.Config.Labels["org.opencontainers.image.base.name"] = fullName(image.Base.Ref)
	f.Config.Labels["org.opencontainers.image.base.digest"] = image.Base.Digest
}

// ociLayer gives a Docker layer its OCI name: the bytes are the same.
func ociLayer(t types.MediaType) types.MediaType {
	switch t {
	case types.DockerLayer:
		return types.OCILayer
	case types.DockerUncompressedLayer:
		return types.OCIUncompressedLayer
	}
	return t
}
