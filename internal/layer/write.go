package layer

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"runtime"

	"github.com/klauspost/pgzip"
)

// Media types of what the writer makes
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md).
const (
	MediaTypeGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
	MediaTypeTar  = "application/vnd.oci.image.layer.v1.tar"
)

// blockSize is the size of the pieces that are compressed at the same time. It
// decides the bytes of the output; the number of cores does not.
const blockSize = 1 << 20

// Options are what may differ between layers.
type Options struct {
	UID, GID int
	Platform string // of the archive's image; default linux/amd64
}

// Write writes entries as one deterministic layer: sorted, times 0, modes 0644
// or 0755, the given owner, no extended attributes. Entries that do not
// compress (weights, mostly) are stored as they are.
func Write(w io.Writer, kind Kind, entries []Entry, o Options) (Layer, error) {
	all, err := complete(entries)
	if err != nil {
		return Layer{}, err
	}
	compress, err := compressible(all)
	if err != nil {
		return Layer{}, err
	}
	blob := &counter{w: w, hash: sha256.New()}
	diff := sha256.New()
	l := Layer{Kind: kind, MediaType: MediaTypeTar}
	if compress {
		l.MediaType = MediaTypeGzip
		z, err := pgzip.NewWriterLevel(blob, 6)
		if err != nil {
			return Layer{}, err
		}
		if err := z.SetConcurrency(blockSize, runtime.GOMAXPROCS(0)+1); err != nil {
			return Layer{}, err
		}
		if err := writeTar(io.MultiWriter(z, diff), all, o); err != nil {
			return Layer{}, err
		}
		if err := z.Close(); err != nil {
			return Layer{}, fmt.Errorf("compressing the layer: %w", err)
		}
	} else if err := writeTar(io.MultiWriter(blob, diff), all, o); err != nil {
		return Layer{}, err
	}
	l.DiffID, l.Digest, l.Size = sum(diff), sum(blob.hash), blob.n
	return l, nil
}

func writeTar(w io.Writer, entries []Entry, o Options) error {
	t := tar.NewWriter(w)
	for _, e := range entries {
		if err := writeEntry(t, e, o); err != nil {
			return fmt.Errorf("writing %s into the layer: %w", e.Path, err)
		}
	}
	return t.Close()
}

// writeEntry leaves every field of the header that says when or by whom at
// zero; the format is PAX only where a name is too long for USTAR.
func writeEntry(t *tar.Writer, e Entry, o Options) error {
	h := &tar.Header{Name: e.Path, Uid: o.UID, Gid: o.GID, Mode: 0o644}
	switch e.Mode.Type() {
	case fs.ModeDir:
		h.Typeflag, h.Name, h.Mode = tar.TypeDir, e.Path+"/", 0o755
		return t.WriteHeader(h)
	case fs.ModeSymlink:
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, e.Link, 0o777
		return t.WriteHeader(h)
	}
	h.Typeflag, h.Size = tar.TypeReg, e.Size
	if e.Mode&0o111 != 0 {
		h.Mode = 0o755
	}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	f, err := e.Open()
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	if _, err := io.Copy(t, f); err != nil {
		return err // also when the file grew while it was read
	}
	return t.Flush() // an error when it shrank
}

// compressible tries deflate on the beginning of the largest files. Gzip of
// weights that do not shrink costs more than everything else in a run.
func compressible(entries []Entry) (bool, error) {
	const sample = 1 << 20
	var largest *Entry
	for n := range entries {
		if e := &entries[n]; e.Mode.IsRegular() && (largest == nil || e.Size > largest.Size) {
			largest = e
		}
	}
	if largest == nil || largest.Size < sample {
		return true, nil // too small to matter
	}
	f, err := largest.Open()
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // read only
	data := make([]byte, sample)
	if _, err := io.ReadFull(f, data); err != nil {
		return false, fmt.Errorf("reading %s: %w", largest.Path, err)
	}
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return false, err
	}
	if _, err := z.Write(data); err != nil {
		return false, err
	}
	if err := z.Close(); err != nil {
		return false, err
	}
	return float64(out.Len()) < 0.95*sample, nil
}

// counter hashes and counts what goes through it.
type counter struct {
	w    io.Writer
	hash hash.Hash
	n    int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	return n, err
}

func sum(h hash.Hash) string { return "sha256:" + hex.EncodeToString(h.Sum(nil)) }
