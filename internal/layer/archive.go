package layer

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// tarBlock is the unit that tars are made of
// (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format").
const tarBlock = 512

// WriteArchive writes a layer as an OCI archive of one image with this layer
// alone, which is what an engine can import. The archive is deterministic too.
//
// The blob is the archive's first file. Its header, which holds digest and
// size, is one block whatever they are, so it is written when they are known:
// the blob itself goes to disk once.
func WriteArchive(path string, kind Kind, entries []Entry, o Options) (l Layer, err error) {
	f, err := os.Create(path)
	if err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			l, err = Layer{}, errors.Join(err, os.Remove(path))
		}
	}()
	if _, err := f.Seek(tarBlock, io.SeekStart); err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	if l, err = Write(f, kind, entries, o); err != nil {
		return Layer{}, err
	}
	if err := finishArchive(f, l); err != nil {
		return Layer{}, fmt.Errorf("writing the archive of a layer: %w", err)
	}
	l.Archive, l.Offset = path, tarBlock
	return l, nil
}

// finishArchive makes an image layout of a file that holds a layer's blob behind one empty block
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
func finishArchive(f *os.File, l Layer) error {
	// The engine takes only the files out of this image, so its platform is a formality.
	config, err := json.Marshal(map[string]any{
		"os": "linux", "architecture": "amd64", "config": struct{}{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{l.DiffID}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": describe("application/vnd.oci.image.config.v1+json", config),
		"layers": []descriptor{{l.MediaType, l.Digest, l.Size}},
	})
	if err != nil {
		return err
	}
	index, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
		"manifests": []descriptor{describe("application/vnd.oci.image.manifest.v1+json", manifest)},
	})
	if err != nil {
		return err
	}
	if _, err := f.Write(make([]byte, -l.Size&(tarBlock-1))); err != nil {
		return err
	}
	t := tar.NewWriter(f)
	for _, file := range []struct {
		name string
		data []byte
	}{
		{blobName(describe("", config).Digest), config},
		{blobName(describe("", manifest).Digest), manifest},
		{"index.json", index},
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
	} {
		if err := t.WriteHeader(fileHeader(file.name, int64(len(file.data)))); err != nil {
			return err
		}
		if _, err := t.Write(file.data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	var first bytes.Buffer
	if err := tar.NewWriter(&first).WriteHeader(fileHeader(blobName(l.Digest), l.Size)); err != nil {
		return err // above 8 GiB, which USTAR cannot say in one block
	}
	_, err = f.WriteAt(first.Bytes(), 0)
	return err
}

func fileHeader(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size, Format: tar.FormatUSTAR}
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

func describe(mediaType string, data []byte) descriptor {
	h := sha256.New()
	h.Write(data)
	return descriptor{mediaType, sum(h), int64(len(data))}
}

func blobName(digest string) string { return "blobs/" + strings.Replace(digest, ":", "/", 1) }

// Open returns the layer's blob, compressed as it is stored.
func (l Layer) Open() (io.ReadCloser, error) {
	if l.Archive == "" {
		return nil, fmt.Errorf("opening a layer: %s is in no local archive", l.Digest)
	}
	f, err := os.Open(l.Archive)
	if err != nil {
		return nil, fmt.Errorf("opening a layer: %w", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, l.Offset, l.Size), f}, nil
}
