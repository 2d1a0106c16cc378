package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Base looks an image up and says what it is on one platform.
func (c *Client) Base(ctx context.Context, ref, platform string) (stage.Base, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return stage.Base{}, &stage.Error{What: fmt.Sprintf("%q is no image reference", ref), Where: "build.base", Remedy: "write it as registry/repository:tag", Err: err}
	}
	want, err := v1.ParsePlatform(platform)
	if err != nil {
		return stage.Base{}, err
	}
	sources, err := c.sources(parsed)
	if err != nil {
		return stage.Base{}, err
	}
	var img v1.Image
	for _, source := range sources {
		img, err = remote.Image(source, append(c.remote(ctx, false), remote.WithPlatform(*want))...)
		if err == nil {
			break
		}
	}
	if err != nil {
		return stage.Base{}, explain(err, "looking up the base image "+ref, sources[len(sources)-1].Context().RegistryStr())
	}
	base, err := describe(img, ref, platform)
	if err != nil {
		return stage.Base{}, explain(err, "reading the base image "+ref, parsed.Context().RegistryStr())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bases[base.Digest] = img
	return base, nil
}

func describe(img v1.Image, ref, platform string) (stage.Base, error) {
	digest, err := img.Digest()
	if err != nil {
		return stage.Base{}, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return stage.Base{}, err
	}
	// A single-platform image is what it is, whatever was asked for.
	if got := file.OS + "/" + file.Architecture; file.OS != "" && got != platform {
		return stage.Base{}, fmt.Errorf("it is for %s, not for %s", got, platform)
	}
	layers, err := layersOf(img, func(int) layer.Kind { return layer.Base })
	if err != nil {
		return stage.Base{}, err
	}
	return stage.Base{Ref: ref, Digest: digest.String(), Platform: platform, Config: fromConfig(file.Config), Layers: layers}, nil
}

// layersOf lists an image's layers, bottom first; kind says what the n-th is.
func layersOf(img v1.Image, kind func(n int) layer.Kind) ([]layer.Layer, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	if len(file.RootFS.DiffIDs) != len(manifest.Layers) {
		return nil, fmt.Errorf("its config lists %d layers and its manifest %d", len(file.RootFS.DiffIDs), len(manifest.Layers))
	}
	var out []layer.Layer
	for n, d := range manifest.Layers {
		out = append(out, layer.Layer{
			Kind: kind(n), DiffID: file.RootFS.DiffIDs[n].String(),
			Digest: d.Digest.String(), Size: d.Size, MediaType: string(d.MediaType),
		})
	}
	return out, nil
}

func fromConfig(c v1.Config) layer.Config {
	out := layer.Config{
		Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd,
		WorkingDir: c.WorkingDir, User: c.User, Labels: c.Labels,
	}
	for port := range c.ExposedPorts {
		number, protocol, _ := strings.Cut(port, "/")
		if n, err := strconv.Atoi(number); err == nil && (protocol == "" || protocol == "tcp") {
			out.Ports = append(out.Ports, n)
		}
	}
	return out
}
