package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Base looks a base image up, by tag or digest, and says what it is on one platform.
func (c *Client) Base(ctx context.Context, ref, platform string) (stage.Base, error) {
	return c.look(ctx, sought{"base image", "build.base"}, ref, platform)
}

// Image does the same for an image that nothing is built on.
func (c *Client) Image(ctx context.Context, ref, platform string) (stage.Base, error) {
	return c.look(ctx, sought{"image", ref}, ref, platform)
}

// CheckImage finds what is no reference to an image.
func CheckImage(ref string) error {
	if _, err := name.ParseReference(ref); err != nil {
		return fmt.Errorf("%q is no image reference: write it as registry/repository:tag or registry/repository@sha256:…", ref)
	}
	return nil
}

// sought is how an image is called, and where it was named.
type sought struct{ what, where string }

func (c *Client) look(ctx context.Context, s sought, ref, platform string) (stage.Base, error) {
	doing := "looking up the " + s.what + " " + ref
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return stage.Base{}, &stage.Error{What: fmt.Sprintf("%q is no image reference", ref), Where: s.where, Remedy: "write it as registry/repository:tag", Err: err}
	}
	want, err := v1.ParsePlatform(platform)
	if err != nil || want.OS == "" || want.Architecture == "" {
		return stage.Base{}, &stage.Error{What: fmt.Sprintf("%q is no platform", platform), Where: "build.platforms", Remedy: "write it as os/architecture, such as linux/amd64", Err: err}
	}
	sources, err := c.sources(parsed)
	if err != nil {
		return stage.Base{}, err
	}
	img, err := c.first(ctx, s, sources, *want, doing)
	if err != nil {
		return stage.Base{}, err
	}
	where := host(parsed.Context().Registry)
	base, err := s.describe(img, ref, *want)
	if err != nil {
		return stage.Base{}, explain(err, doing, where)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bases[base.Digest] = img
	return base, nil
}

// first gives the image from the first source that has it. When none has, the
// error is the last one's, which is the registry that was asked for, and says
// what the mirror said.
func (c *Client) first(ctx context.Context, s sought, sources []name.Reference, platform v1.Platform, doing string) (v1.Image, error) {
	options := append(c.remote(ctx, false), remote.WithPlatform(platform))
	mirrored := ""
	for n, source := range sources {
		found, err := remote.Get(source, options...)
		var img v1.Image
		if err == nil {
			if img, err = pick(s, found, platform); err == nil {
				return img, nil
			}
		}
		where := host(source.Context().Registry)
		err = explain(err, doing, where)
		var known *stage.Error
		if !errors.As(err, &known) {
			return nil, err
		}
		if n < len(sources)-1 {
			mirrored = fmt.Sprintf("; its mirror %s, asked before: %s", where, strings.TrimPrefix(known.What, doing+": "))
			continue
		}
		known.What += mirrored
		return nil, known
	}
	return nil, errors.New("no source to look an image up in")
}

// pick takes a platform's image out of what a reference names.
func pick(s sought, found *remote.Descriptor, platform v1.Platform) (v1.Image, error) {
	if !found.MediaType.IsIndex() {
		return found.Image()
	}
	index, err := found.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var offered []string
	for _, d := range manifest.Manifests {
		is := v1.Platform{OS: "linux", Architecture: "amd64"} // what no platform is taken for
		if d.Platform != nil {
			is = *d.Platform
		}
		if is.Satisfies(platform) {
			return found.Image() // by the same rules
		}
		if is.OS != "unknown" { // attestations
			offered = append(offered, is.String())
		}
	}
	return nil, s.missing(platform, offered...)
}

// missing says for which platforms there is an image, when not for this one.
func (s sought) missing(want v1.Platform, offered ...string) error {
	return &stage.Error{
		What:   fmt.Sprintf("the %s is not there for %s", s.what, want),
		Where:  s.where,
		Remedy: "it is there for: " + strings.Join(offered, ", "),
	}
}

func (s sought) describe(img v1.Image, ref string, platform v1.Platform) (stage.Base, error) {
	digest, err := img.Digest()
	if err != nil {
		return stage.Base{}, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return stage.Base{}, err
	}
	// An image without an index is what it is, whatever was asked for.
	if got := file.Platform(); got != nil && (got.OS != platform.OS || got.Architecture != platform.Architecture) {
		return stage.Base{}, s.missing(platform, got.String())
	}
	layers, err := layersOf(img, func(int) layer.Kind { return layer.Base })
	if err != nil {
		return stage.Base{}, err
	}
	return stage.Base{Ref: ref, Digest: digest.String(), Platform: platform.String(), Config: fromConfig(file.Config), Layers: layers}, nil
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
	made := createdBy(file.History, len(manifest.Layers))
	var out []layer.Layer
	for n, d := range manifest.Layers {
		out = append(out, layer.Layer{
			Kind: kind(n), DiffID: file.RootFS.DiffIDs[n].String(), CreatedBy: made[n],
			Digest: d.Digest.String(), Size: d.Size, MediaType: string(d.MediaType),
		})
	}
	return out, nil
}

// createdBy is what the history says of each layer; nothing when it tells of other layers than these.
func createdBy(history []v1.History, layers int) []string {
	var made []string
	for _, h := range history {
		if !h.EmptyLayer {
			made = append(made, h.CreatedBy)
		}
	}
	if len(made) != layers {
		return make([]string, layers)
	}
	return made
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
	slices.Sort(out.Ports)
	return out
}
