package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/match"

	"github.com/slipway-dev/slipway/internal/stage"
)

// refName is how a layout names its images: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
const refName = "org.opencontainers.image.ref.name"

// writeLayout puts the image into an image layout directory, in place of what
// had its tags before. Blobs that are there already are not fetched again.
func writeLayout(dir string, img v1.Image, tags []string) error {
	p, err := openLayout(dir)
	if err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	gone := func(d v1.Descriptor) bool {
		if d.Digest == digest {
			return true
		}
		for _, t := range tags {
			if match.Name(t)(d) {
				return true
			}
		}
		return d.Annotations[refName] == "" // an untagged image of an earlier run
	}
	var first []layout.Option
	if len(tags) > 0 {
		first = append(first, layout.WithAnnotations(map[string]string{refName: tags[0]}))
	}
	if err := p.ReplaceImage(img, gone, first...); err != nil {
		return explain(err, "writing the image layout", dir)
	}
	for n := 1; n < len(tags); n++ {
		if err := p.AppendImage(img, layout.WithAnnotations(map[string]string{refName: tags[n]})); err != nil {
			return explain(err, "writing the image layout", dir)
		}
	}
	return collect(p, dir)
}

// openLayout opens or begins a layout; a directory that holds anything else is left alone.
func openLayout(dir string) (layout.Path, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || (err == nil && len(entries) == 0):
		p, err := layout.Write(dir, empty.Index)
		if err != nil {
			return "", &stage.Error{What: "the image layout could not be begun: " + err.Error(), Where: dir, Remedy: "name another directory with --publish oci:DIR", Err: err}
		}
		return p, nil
	case err != nil:
		return "", &stage.Error{What: err.Error(), Where: dir, Remedy: "name another directory with --publish oci:DIR", Err: err}
	}
	p, err := layout.FromPath(dir)
	if err != nil {
		return "", &stage.Error{What: "the directory is not empty and is no image layout", Where: dir, Remedy: "name another directory with --publish oci:DIR", Err: err}
	}
	return p, nil
}

// collect removes the blobs that no image of the layout refers to.
func collect(p layout.Path, dir string) error {
	index, err := p.ImageIndex()
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, d := range manifest.Manifests {
		keep[d.Digest.Hex] = true
		img, err := index.Image(d.Digest)
		if err != nil {
			return nil // not an image: nothing of ours, so nothing is cleaned up
		}
		m, err := img.Manifest()
		if err != nil {
			return fmt.Errorf("reading %s in %s: %w", d.Digest, dir, err)
		}
		keep[m.Config.Digest.Hex] = true
		for _, l := range m.Layers {
			keep[l.Digest.Hex] = true
		}
	}
	blobs := filepath.Join(dir, "blobs", "sha256")
	entries, err := os.ReadDir(blobs)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			if err := os.Remove(filepath.Join(blobs, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
