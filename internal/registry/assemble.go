package registry

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// epoch stands for every time in a config: the same content must give the same
// digest on any day (https://reproducible-builds.org/docs/source-date-epoch/).
var epoch = v1.Time{Time: time.Unix(0, 0).UTC()}

// Manifest says what the image's manifest is, without moving any layer.
func (c *Client) Manifest(_ context.Context, image stage.Image) (stage.Manifest, error) {
	img, err := c.assemble(image)
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
	below := 0
	if image.Base != nil {
		below = len(image.Base.Layers)
	}
	m := stage.Manifest{Digest: digest.String()}
	m.Layers, err = layersOf(img, func(n int) layer.Kind {
		if n < below || n-below >= len(image.Layers) {
			return layer.Base
		}
		return image.Layers[n-below].Kind
	})
	for _, l := range m.Layers {
		m.Size += l.Size
	}
	return m, err
}

// assemble makes an image whose every byte follows from its layers and configuration.
func (c *Client) assemble(image stage.Image) (v1.Image, error) {
	if image.Archive != "" {
		built, err := tarball.ImageFromPath(image.Archive, nil)
		if err != nil {
			return nil, fmt.Errorf("reading the built image: %w", err)
		}
		return normalise(built, nil, nil)
	}
	c.mu.Lock()
	base, ok := c.bases[image.Base.Digest]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("the base %s was never looked up", image.Base.Digest)
	}
	return normalise(base, image.Layers, func(f *v1.ConfigFile) {
		apply(f, image.Config)
		// Where it stands, for scanners and rebasers: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
		f.Config.Labels["org.opencontainers.image.base.name"] = image.Base.Ref
		f.Config.Labels["org.opencontainers.image.base.digest"] = image.Base.Digest
	})
}

// normalise builds the image anew from its layers and ours on top: OCI media
// types, no times, nothing of the machine that built it.
func normalise(from v1.Image, ours []layer.Layer, edit func(*v1.ConfigFile)) (v1.Image, error) {
	file, err := from.ConfigFile()
	if err != nil {
		return nil, err
	}
	layers, err := from.Layers()
	if err != nil {
		return nil, err
	}
	var adds []mutate.Addendum
	for _, l := range layers {
		adds = append(adds, mutate.Addendum{Layer: oci(l)})
	}
	for _, l := range ours {
		adds = append(adds, mutate.Addendum{Layer: blob{l}, MediaType: types.MediaType(l.MediaType)})
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.Append(img, adds...); err != nil {
		return nil, err
	}
	stacked, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	final := &v1.ConfigFile{
		Architecture: file.Architecture, OS: file.OS, OSVersion: file.OSVersion, Variant: file.Variant,
		Created: epoch, Config: *file.Config.DeepCopy(), RootFS: stacked.RootFS,
		History: history(file.History, ours),
	}
	final.Config.Hostname, final.Config.Image = "", ""
	if edit != nil {
		edit(final)
	}
	return mutate.ConfigFile(img, final)
}

// history keeps what each layer was made by, and drops when.
func history(from []v1.History, ours []layer.Layer) []v1.History {
	var out []v1.History
	for _, h := range from {
		out = append(out, v1.History{Created: epoch, CreatedBy: h.CreatedBy, Comment: h.Comment, EmptyLayer: h.EmptyLayer})
	}
	for _, l := range ours {
		out = append(out, v1.History{Created: epoch, CreatedBy: "slipway: " + string(l.Kind)})
	}
	return out
}

func apply(f *v1.ConfigFile, c layer.Config) {
	f.Config.Env, f.Config.Entrypoint, f.Config.Cmd = c.Env, c.Entrypoint, c.Cmd
	f.Config.WorkingDir, f.Config.User = c.WorkingDir, c.User
	f.Config.ExposedPorts = map[string]struct{}{}
	for _, p := range c.Ports {
		f.Config.ExposedPorts[strconv.Itoa(p)+"/tcp"] = struct{}{}
	}
	if f.Config.Labels == nil {
		f.Config.Labels = map[string]string{}
	}
	maps.Copy(f.Config.Labels, c.Labels)
}

// oci gives a Docker layer its OCI name: the bytes are the same. A layer that
// can be mounted stays one, which go-containerregistry knows by its type.
func oci(l v1.Layer) v1.Layer {
	if m, ok := l.(*remote.MountableLayer); ok {
		return &remote.MountableLayer{Layer: ociLayer{m.Layer}, Reference: m.Reference}
	}
	return ociLayer{l}
}

type ociLayer struct{ v1.Layer }

func (l ociLayer) MediaType() (types.MediaType, error) {
	t, err := l.Layer.MediaType()
	switch t {
	case types.DockerLayer:
		t = types.OCILayer
	case types.DockerUncompressedLayer:
		t = types.OCIUncompressedLayer
	}
	return t, err
}

// blob is a layer of the local store as go-containerregistry sees it.
type blob struct{ layer.Layer }

func (b blob) Digest() (v1.Hash, error)            { return v1.NewHash(b.Layer.Digest) }
func (b blob) DiffID() (v1.Hash, error)            { return v1.NewHash(b.Layer.DiffID) }
func (b blob) Size() (int64, error)                { return b.Layer.Size, nil }
func (b blob) MediaType() (types.MediaType, error) { return types.MediaType(b.Layer.MediaType), nil }
func (b blob) Compressed() (io.ReadCloser, error)  { return b.Open() }
func (b blob) Uncompressed() (io.ReadCloser, error) {
	return nil, fmt.Errorf("layer %s is only read as it is stored", strings.TrimPrefix(b.Layer.Digest, "sha256:"))
}
