package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/stage"
)

// refName is how a layout names its images: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
const refName = "org.opencontainers.image.ref.name"

// imageDir is an image layout directory
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
type imageDir struct{ dir string }

// write puts the images into the layout, in place of what had their tags before,
// and returns how many bytes of each layer it wrote. The last manifest is the one
// that is tagged. The order, so that a run
// that is cut off leaves the images that were there before:
//
//  1. layers, those that are not there yet; each appears whole or not at all
//  2. configs and manifests, and the documents about the image
//  3. index.json, in one step: now the layout holds the new image
//  4. and only then what no image refers to any more is removed
func (l imageDir) write(ctx context.Context, images []v1.Image, manifests []manifest, tags []string, docs []stage.Attachment) (written map[string]int64, attached []stage.Attached, err error) {
	index, err := l.open()
	if err != nil {
		return nil, nil, err
	}
	written = map[string]int64{}
	for _, img := range images {
		if err := l.writeBlobs(ctx, img, written); err != nil {
			return written, nil, l.explain(err)
		}
	}
	for _, m := range manifests {
		if err := replace(l.path("blobs", m.digest.Algorithm, m.digest.Hex), m.raw); err != nil {
			return written, nil, l.explain(err)
		}
	}
	subject := manifests[len(manifests)-1].Descriptor
	index = enter(index, subject, tags)
	if err := l.forget(index); err != nil {
		return written, nil, l.explain(err)
	}
	if attached, err = l.attach(ctx, index, subject, docs); err != nil {
		return written, nil, l.explain(err)
	}
	if err := l.writeIndex(index); err != nil {
		return written, nil, l.explain(err)
	}
	return written, attached, l.explain(l.collect(index))
}

func (l imageDir) explain(err error) error { return explain(err, "writing the image layout", l.dir) }

func (l imageDir) path(names ...string) string {
	return filepath.Join(append([]string{l.dir}, names...)...)
}

// open reads the layout's index, or begins one; a directory that holds anything else is left alone.
func (l imageDir) open() (*v1.IndexManifest, error) {
	empty := &v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, l.unusable(err.Error(), err)
	}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains([]string{"oci-layout", "index.json", "blobs"}, name) && !strings.HasPrefix(name, unfinished) {
			return nil, l.unusable("the directory holds "+name+", so it is no image layout", nil)
		}
	}
	if err := os.MkdirAll(l.path("blobs", "sha256"), 0o755); err != nil {
		return nil, l.unusable(err.Error(), err)
	}
	data, err := os.ReadFile(l.path("index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return nil, l.unusable(err.Error(), err)
	}
	index := &v1.IndexManifest{}
	if err := json.Unmarshal(data, index); err != nil {
		return nil, l.unusable("its index.json cannot be read: "+err.Error(), err)
	}
	return index, nil
}

func (l imageDir) unusable(what string, err error) error {
	return &stage.Error{What: "the image cannot be written there: " + what, Where: l.dir, Remedy: "name a directory for images alone with --publish oci:DIR, or remove this one", Err: err}
}

func (l imageDir) writeBlobs(ctx context.Context, img v1.Image, written map[string]int64) error {
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	config, err := partial.ConfigLayer(img)
	if err != nil {
		return err
	}
	for _, b := range append(layers, config) {
		if err := l.writeBlob(ctx, b, written); err != nil {
			return err
		}
	}
	return nil
}

func (l imageDir) writeBlob(ctx context.Context, b v1.Layer, written map[string]int64) error {
	digest, err := b.Digest()
	if err != nil {
		return err
	}
	want, err := b.Size()
	if err != nil {
		return err
	}
	// A blob was checked when it was written, and appeared whole.
	if got, err := fileSize(l.path("blobs", digest.Algorithm, digest.Hex)); err != nil || got == want {
		return err
	}
	if err := save(ctx, l.path("blobs", digest.Algorithm), b); err != nil {
		return err
	}
	written[digest.String()] = want
	return nil
}

// enter names an image in the index, once for each tag. Images of other tags
// stay; those without a tag are of earlier runs, and go. Documents are not images.
func enter(index *v1.IndexManifest, d v1.Descriptor, tags []string) *v1.IndexManifest {
	out := *index
	out.Manifests = slices.DeleteFunc(slices.Clone(index.Manifests), func(old v1.Descriptor) bool {
		name := old.Annotations[refName]
		return !document(old) && (name == "" || old.Digest == d.Digest || slices.Contains(tags, name))
	})
	if len(tags) == 0 {
		out.Manifests = append(out.Manifests, d)
	}
	for _, t := range tags {
		tagged := d
		tagged.Annotations = map[string]string{refName: t}
		out.Manifests = append(out.Manifests, tagged)
	}
	return &out
}

func (l imageDir) writeIndex(index *v1.IndexManifest) error {
	if err := replace(l.path("oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	data, err := json.Marshal(index)
	if err != nil {
		return err
	}
	return replace(l.path("index.json"), data)
}

// collect removes what no image of the layout refers to, remains of runs that
// were cut off among it.
func (l imageDir) collect(index *v1.IndexManifest) error {
	keep := map[string]bool{}
	if err := l.mark(index.Manifests, keep); err != nil {
		return err
	}
	blobs, err := os.ReadDir(l.path("blobs", "sha256"))
	if err != nil {
		return err
	}
	for _, b := range blobs {
		if !keep[b.Name()] {
			err = errors.Join(err, os.Remove(l.path("blobs", "sha256", b.Name())))
		}
	}
	top, topErr := os.ReadDir(l.dir)
	for _, e := range top {
		if strings.HasPrefix(e.Name(), unfinished) {
			err = errors.Join(err, os.Remove(l.path(e.Name())))
		}
	}
	return errors.Join(err, topErr)
}

// mark notes everything that these descriptors lead to.
func (l imageDir) mark(from []v1.Descriptor, keep map[string]bool) error {
	for _, d := range from {
		if keep[d.Digest.Hex] {
			continue
		}
		keep[d.Digest.Hex] = true
		if !d.MediaType.IsImage() && !d.MediaType.IsIndex() {
			continue
		}
		data, err := os.ReadFile(l.path("blobs", d.Digest.Algorithm, d.Digest.Hex))
		if err != nil {
			return err
		}
		var below struct {
			Manifests, Layers []v1.Descriptor
			Config            *v1.Descriptor
		}
		if err := json.Unmarshal(data, &below); err != nil {
			return fmt.Errorf("reading %s: %w", d.Digest, err)
		}
		if below.Config != nil {
			below.Layers = append(below.Layers, *below.Config)
		}
		if err := l.mark(append(below.Manifests, below.Layers...), keep); err != nil {
			return err
		}
	}
	return nil
}
