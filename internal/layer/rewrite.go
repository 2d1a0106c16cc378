package layer

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Rewrite copies an OCI archive of one image, as the engine writes it after a
// Dockerfile build, and returns the base image as reference@digest, where the
// history tells. There are two differences. Layers that follow from the build
// context (OfContext) get times of 0, and so are the same whenever and wherever
// they are built; and the history says which instruction made each layer.
// All other layers keep every byte: what a command leaves behind may rely on
// its times, as Python's bytecode does.
//
// BuildKit can rewrite times itself, but Dagger never asks it to
// (https://github.com/moby/buildkit/blob/v0.20.0/docs/build-repro.md).
func Rewrite(from, to string, made Made) (base string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close() //nolint:errcheck // read only
	files, err := places(in)
	if err != nil {
		return "", fmt.Errorf("reading the built image: %w", err)
	}
	out, err := os.Create(to)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	r := rewriter{files: files, out: tar.NewWriter(out), scratch: filepath.Dir(to), done: map[string]bool{}}
	if base, err = r.image(made); err != nil {
		return "", fmt.Errorf("rewriting the built image: %w", err)
	}
	return base, r.out.Close()
}

type rewriter struct {
	files   map[string]*io.SectionReader
	out     *tar.Writer
	scratch string
	done    map[string]bool // blobs that are in the output
}

// The parts of an image that change; all else in them is kept as it is
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md).
type (
	document map[string]json.RawMessage
	pointer  struct {
		MediaType   string            `json:"mediaType"`
		Digest      string            `json:"digest"`
		Size        int64             `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
		Platform    json.RawMessage   `json:"platform,omitempty"`
	}
	rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
)

func (r *rewriter) image(m Made) (base string, err error) {
	var index, manifest, config document
	var manifests, layers []pointer
	var configAt pointer
	var root rootFS
	var history []document
	if err := errors.Join(r.read("index.json", &index), index.get("manifests", &manifests)); err != nil {
		return "", err
	}
	if len(manifests) != 1 {
		return "", fmt.Errorf("its index lists %d images, not one", len(manifests))
	}
	if err := r.read(blobName(manifests[0].Digest), &manifest); err != nil {
		return "", err
	}
	if err := errors.Join(manifest.get("config", &configAt), manifest.get("layers", &layers)); err != nil {
		return "", err
	}
	if err := r.read(blobName(configAt.Digest), &config); err != nil {
		return "", err
	}
	if err := errors.Join(config.get("rootfs", &root), config.get("history", &history)); err != nil {
		return "", err
	}
	made, base, err := instructions(history, len(layers), m)
	if err != nil {
		return "", err
	}
	if len(root.DiffIDs) != len(layers) {
		return "", fmt.Errorf("its config lists %d layers and its manifest %d", len(root.DiffIDs), len(layers))
	}
	for n := range layers {
		if OfContext(made[n]) {
			err = r.untimed(&layers[n], &root.DiffIDs[n])
		} else {
			err = r.copied(layers[n].Digest)
		}
		if err != nil {
			return "", fmt.Errorf("layer %s: %w", layers[n].Digest, err)
		}
	}
	if err := errors.Join(config.set("rootfs", root), config.set("history", history)); err != nil {
		return "", err
	}
	if err := r.put(&configAt, config); err != nil {
		return "", err
	}
	if err := errors.Join(manifest.set("config", configAt), manifest.set("layers", layers)); err != nil {
		return "", err
	}
	if err := r.put(&manifests[0], manifest); err != nil {
		return "", err
	}
	manifests[0].Annotations = nil // the time of the build
	if err := index.set("manifests", manifests); err != nil {
		return "", err
	}
	data, err := json.Marshal(index)
	if err != nil {
		return "", err
	}
	return base, errors.Join(r.file("index.json", data), r.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)))
}

// instructions puts what made each layer into the history and returns it, with
// the image that the lowest was pulled with.
func instructions(history []document, layers int, m Made) (made []string, base string, err error) {
	var said []string
	var filled []document
	for _, h := range history {
		var by string
		var empty bool
		if err := errors.Join(h.get("created_by", &by), h.get("empty_layer", &empty)); err != nil {
			return nil, "", err
		}
		delete(h, "comment") // names a part of the engine
		if !empty {
			said, filled = append(said, by), append(filled, h)
		}
	}
	if len(said) != layers {
		return nil, "", fmt.Errorf("its history tells of %d layers, and it has %d", len(said), layers)
	}
	made = m.by(said)
	for n, h := range filled {
		if err := h.set("created_by", made[n]); err != nil {
			return nil, "", err
		}
	}
	if layers > 0 {
		base, _ = strings.CutPrefix(said[0], pulled)
		if base == said[0] {
			base = ""
		}
	}
	return made, base, nil
}

// untimed writes a layer anew, with times of 0.
func (r *rewriter) untimed(p *pointer, diffID *string) (err error) {
	blob, err := r.open(blobName(p.Digest))
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(r.scratch, unfinished+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temporary.Close(), os.Remove(temporary.Name())) }()
	l, err := Untimed(temporary, blob, p.MediaType)
	if err != nil {
		return err
	}
	p.MediaType, p.Digest, p.Size, *diffID = l.MediaType, l.Digest, l.Size, l.DiffID
	if r.done[p.Digest] {
		return nil
	}
	r.done[p.Digest] = true
	if _, err := temporary.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return r.stream(blobName(p.Digest), temporary, p.Size)
}

func (r *rewriter) copied(digest string) error {
	blob, err := r.open(blobName(digest))
	if err != nil {
		return err
	}
	if r.done[digest] {
		return nil
	}
	r.done[digest] = true
	return r.stream(blobName(digest), blob, blob.Size())
}

func (r *rewriter) stream(name string, from io.Reader, size int64) error {
	// PAX where a blob has more than the 8 GiB that USTAR can say.
	if err := r.out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size}); err != nil {
		return err
	}
	_, err := io.CopyBuffer(r.out, from, make([]byte, blockSize))
	return err
}

func (r *rewriter) file(name string, data []byte) error {
	return r.stream(name, strings.NewReader(string(data)), int64(len(data)))
}

// put writes a document and points to it.
func (r *rewriter) put(p *pointer, d document) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	is := describe(p.MediaType, data)
	p.Digest, p.Size = is.Digest, is.Size
	return r.file(blobName(p.Digest), data)
}

// open reads a file of the archive from its beginning.
func (r *rewriter) open(name string) (*io.SectionReader, error) {
	f, ok := r.files[name]
	if !ok {
		return nil, fmt.Errorf("%s is not in it", name)
	}
	return io.NewSectionReader(f, 0, f.Size()), nil
}

func (r *rewriter) read(name string, into any) error {
	f, err := r.open(name)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(f).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (d document) get(key string, into any) error {
	raw, ok := d[key]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (d document) set(key string, value any) (err error) {
	d[key], err = json.Marshal(value)
	return err
}

// places are the files of a tar, by name.
func places(f *os.File) (map[string]*io.SectionReader, error) {
	files := map[string]*io.SectionReader{}
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		files[h.Name] = io.NewSectionReader(f, at, h.Size)
	}
}

// Untimed writes a layer with every time 0, and all else in it as it is:
// order, owners, modes, links, extended attributes, removals.
func Untimed(w io.Writer, blob io.Reader, mediaType string) (Layer, error) {
	if strings.HasSuffix(mediaType, "gzip") {
		z, err := gzip.NewReader(blob)
		if err != nil {
			return Layer{}, err
		}
		blob = z
	} else if !strings.HasSuffix(mediaType, "tar") {
		return Layer{}, fmt.Errorf("its media type %s is not understood", mediaType)
	}
	written, diff := &counter{w: w, hash: sha256.New()}, sha256.New()
	z, err := newGzip(written)
	if err != nil {
		return Layer{}, err
	}
	if err := untime(io.MultiWriter(z, diff), blob); err != nil {
		_ = z.Close() // ends the compressing goroutines; what went wrong is already known
		return Layer{}, err
	}
	if err := z.Close(); err != nil {
		return Layer{}, err
	}
	return Layer{MediaType: MediaTypeGzip, DiffID: sum(diff), Digest: sum(written.hash), Size: written.n}, nil
}

func untime(w io.Writer, from io.Reader) error {
	out := tar.NewWriter(w)
	buffer := make([]byte, 256<<10)
	for in := tar.NewReader(from); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		h.ModTime, h.AccessTime, h.ChangeTime = time.Unix(0, 0), time.Time{}, time.Time{}
		h.Format = tar.FormatUnknown // what the rest of it needs
		for _, key := range []string{"mtime", "atime", "ctime"} {
			delete(h.PAXRecords, key)
		}
		if err := out.WriteHeader(h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		if _, err := io.CopyBuffer(out, in, buffer); err != nil { //nolint:gosec // it streams, and lies unpacked in the engine already
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}
