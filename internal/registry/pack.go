package registry

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Layout says what the image in a layout directory is, and packs it into an
// archive, which is what an engine takes. A layout may hold several images;
// the last one for the platform is the newest.
func (c *Client) Layout(dir, platform, archive string) (stage.Base, error) {
	base, err := pack(dir, platform, archive)
	if err != nil {
		return stage.Base{}, &stage.Error{What: "the image cannot be read: " + err.Error(), Where: dir, Remedy: "name the directory of an image layout, such as oci:dist/iris/image", Err: err}
	}
	return base, nil
}

func pack(dir, platform, archive string) (stage.Base, error) {
	root := os.DirFS(dir)
	data, err := fs.ReadFile(root, "index.json")
	if err != nil {
		return stage.Base{}, err
	}
	var top v1.IndexManifest
	if err := json.Unmarshal(data, &top); err != nil {
		return stage.Base{}, fmt.Errorf("index.json: %w", err)
	}
	all, err := flat(root, top.Manifests)
	if err != nil {
		return stage.Base{}, err
	}
	found, err := choose(all, platform)
	if err != nil {
		return stage.Base{}, err
	}
	if err := writePacked(root, found, archive); err != nil {
		return stage.Base{}, err
	}
	image, err := readArchive(archive, platform)
	if err != nil {
		return stage.Base{}, err
	}
	return stage.Base{
		Ref: "oci:" + dir, Digest: found.Digest.String(), Platform: platform,
		Config: fromConfig(image.config.Config), Layers: image.layers, Archive: archive,
	}, nil
}

// flat gives the images that a layout holds, those of its indexes among them.
func flat(root fs.FS, from []v1.Descriptor) ([]v1.Descriptor, error) {
	var out []v1.Descriptor
	for _, d := range from {
		if !d.MediaType.IsIndex() {
			out = append(out, d)
			continue
		}
		data, err := fs.ReadFile(root, blobFile(d.Digest))
		if err != nil {
			return nil, err
		}
		var index v1.IndexManifest
		if err := json.Unmarshal(data, &index); err != nil {
			return nil, fmt.Errorf("index %s: %w", d.Digest, err)
		}
		below, err := flat(root, index.Manifests)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// writePacked writes an archive of one image of a layout, and nothing else of it.
func writePacked(root fs.FS, image v1.Descriptor, archive string) (err error) {
	f, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := tar.NewWriter(f)
	raw, err := fs.ReadFile(root, blobFile(image.Digest))
	if err != nil {
		return err
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return fmt.Errorf("manifest %s: %w", image.Digest, err)
	}
	image.Annotations = nil // tags: an engine would look for them
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: "application/vnd.oci.image.index.v1+json", Manifests: []v1.Descriptor{image}})
	if err != nil {
		return err
	}
	if err := add(w, "oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	if err := add(w, "index.json", index); err != nil {
		return err
	}
	blobs := []v1.Hash{image.Digest, manifest.Config.Digest}
	for _, l := range manifest.Layers {
		blobs = append(blobs, l.Digest)
	}
	for _, blob := range blobs {
		if err := copyBlob(w, root, blobFile(blob)); err != nil {
			return err
		}
	}
	return w.Close()
}

func add(w *tar.Writer, name string, data []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644}); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

func copyBlob(w *tar.Writer, root fs.FS, name string) error {
	blob, err := root.Open(name)
	if err != nil {
		return err
	}
	defer blob.Close() //nolint:errcheck // read only
	info, err := blob.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Size: info.Size(), Mode: 0o644}); err != nil {
		return err
	}
	_, err = io.Copy(w, blob)
	return err
}
