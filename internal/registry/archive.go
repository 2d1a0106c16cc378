package registry

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-dev/slipway/internal/layer"
)

// built is an image in an archive that the engine wrote.
type built struct {
	config *v1.ConfigFile
	layers []layer.Layer
}

// readArchive reads an image layout in a tar
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
// Layers are not read, only where they lie: whoever takes one checks its digest.
func readArchive(path, platform string) (built, error) {
	f, err := os.Open(path)
	if err != nil {
		return built{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	a, err := index(f)
	if err != nil {
		return built{}, fmt.Errorf("reading %s: %w", path, err)
	}
	out, err := a.image(path, platform)
	if err != nil {
		return built{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return out, nil
}

// archive is where each file of a tar lies.
type archive struct {
	r     io.ReaderAt
	files map[string]place
}

type place struct{ offset, size int64 }

func index(f *os.File) (archive, error) {
	a := archive{r: f, files: map[string]place{}}
	// Given a file, the reader seeks over what it need not read.
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return a, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return a, err
		}
		a.files[h.Name] = place{at, h.Size}
	}
}

func (a archive) image(path, platform string) (built, error) {
	var top v1.IndexManifest
	if err := a.read("index.json", &top); err != nil {
		return built{}, err
	}
	found, err := choose(top.Manifests, platform)
	if err != nil {
		return built{}, err
	}
	var manifest v1.Manifest
	if err := a.read(blobFile(found.Digest), &manifest); err != nil {
		return built{}, err
	}
	out := built{config: &v1.ConfigFile{}}
	if err := a.read(blobFile(manifest.Config.Digest), out.config); err != nil {
		return built{}, err
	}
	if is := out.config.Platform(); is != nil && !fits(*is, platform) {
		return built{}, fmt.Errorf("it holds an image for %s, none for %s", is, platform)
	}
	if len(out.config.RootFS.DiffIDs) != len(manifest.Layers) {
		return built{}, fmt.Errorf("its config lists %d layers and its manifest %d", len(out.config.RootFS.DiffIDs), len(manifest.Layers))
	}
	for n, d := range manifest.Layers {
		at, ok := a.files[blobFile(d.Digest)]
		if !ok || at.size != d.Size {
			return built{}, fmt.Errorf("layer %s is not in it as its manifest says", d.Digest)
		}
		out.layers = append(out.layers, layer.Layer{
			Kind: layer.Base, DiffID: out.config.RootFS.DiffIDs[n].String(), Digest: d.Digest.String(),
			Size: d.Size, MediaType: string(ociLayer(d.MediaType)), Archive: path, Offset: at.offset,
		})
	}
	return out, nil
}

// choose picks the image for a platform; of one without a platform its config tells.
func choose(from []v1.Descriptor, platform string) (v1.Descriptor, error) {
	for _, d := range from {
		if !d.MediaType.IsImage() || document(d) {
			continue
		}
		if d.Platform == nil || fits(*d.Platform, platform) {
			return d, nil
		}
	}
	return v1.Descriptor{}, fmt.Errorf("it holds no image for %s", platform)
}

// fits compares without variants, which builders fill in and people leave out.
func fits(is v1.Platform, platform string) bool {
	return strings.HasPrefix(platform+"/", is.OS+"/"+is.Architecture+"/")
}

// small is more than any index, manifest or config has a reason to be: registries refuse manifests above 4 MiB
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests).
const small = 16 << 20

func (a archive) read(name string, into any) error {
	at, ok := a.files[name]
	if !ok {
		return fmt.Errorf("%s is not in it", name)
	}
	if at.size > small {
		return fmt.Errorf("%s has %d bytes", name, at.size)
	}
	if err := json.NewDecoder(io.NewSectionReader(a.r, at.offset, at.size)).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func blobFile(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
