package layer

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WriteArchive writes a layer as an OCI archive of one image with this layer
// alone, which is what an engine can import. The blob comes last, so that it
// can be copied behind headers that hold its digest and size.
func WriteArchive(path string, kind Kind, entries []Entry, o Options) (Layer, error) {
	blob, err := os.CreateTemp(filepath.Dir(path), "blob-*")
	if err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	defer os.Remove(blob.Name()) //nolint:errcheck // temporary
	defer blob.Close()           //nolint:errcheck // temporary
	l, err := Write(blob, kind, entries, o)
	if err != nil {
		return Layer{}, err
	}
	if _, err := blob.Seek(0, io.SeekStart); err != nil {
		return Layer{}, err
	}
	out, err := os.Create(path)
	if err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	defer out.Close() //nolint:errcheck // closed below when all went well
	if l.Offset, err = writeArchive(out, l, blob, o.Platform); err != nil {
		return Layer{}, fmt.Errorf("writing the archive of a layer: %w", err)
	}
	l.Archive = path
	return l, out.Close()
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// writeArchive writes an image layout as a tar and returns where in it the layer's blob begins
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
func writeArchive(w io.Writer, l Layer, blob io.Reader, platform string) (int64, error) {
	if platform == "" {
		platform = "linux/amd64"
	}
	goos, arch, _ := strings.Cut(platform, "/")
	config, err := json.Marshal(map[string]any{
		"os": goos, "architecture": arch, "config": struct{}{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{l.DiffID}},
	})
	if err != nil {
		return 0, err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": describe("application/vnd.oci.image.config.v1+json", config),
		"layers": []descriptor{{l.MediaType, l.Digest, l.Size}},
	})
	if err != nil {
		return 0, err
	}
	index, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
		"manifests": []descriptor{describe("application/vnd.oci.image.manifest.v1+json", manifest)},
	})
	if err != nil {
		return 0, err
	}
	count := &counter{w: w, hash: sha256.New()}
	t := tar.NewWriter(count)
	for _, f := range []struct {
		name string
		data []byte
	}{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", index},
		{blobName(describe("", manifest).Digest), manifest},
		{blobName(describe("", config).Digest), config},
	} {
		if err := t.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			return 0, err
		}
		if _, err := t.Write(f.data); err != nil {
			return 0, err
		}
	}
	if err := t.WriteHeader(&tar.Header{Name: blobName(l.Digest), Mode: 0o644, Size: l.Size}); err != nil {
		return 0, err
	}
	offset := count.n
	if _, err := io.Copy(t, blob); err != nil {
		return 0, err
	}
	return offset, t.Close()
}

func describe(mediaType string, data []byte) descriptor {
	h := sha256.New()
	h.Write(data)
	return descriptor{mediaType, sum(h), int64(len(data))}
}

func blobName(digest string) string { return "blobs/" + strings.Replace(digest, ":", "/", 1) }

// Open returns the layer's blob, compressed as it is stored.
func (l Layer) Open() (io.ReadCloser, error) {
	f, err := os.Open(l.Archive)
	if err != nil {
		return nil, fmt.Errorf("opening a layer: %w", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, l.Offset, l.Size), f}, nil
}
