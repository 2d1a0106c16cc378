package layer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"runtime"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/pgzip"
)

// Media types of what the writer makes
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md).
const (
	MediaTypeGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
	MediaTypeTar  = "application/vnd.oci.image.layer.v1.tar"
)

// recipe is the version of how a layer's bytes follow from its entries. It is
// raised when they change, so that the store does not answer with bytes that
// no other machine would make; TestWriteGolden tells when that is.
const recipe = "1"

// What decides the bytes of the output; the number of cores does not.
const (
	level     = 6
	blockSize = 1 << 20 // the pieces that are compressed at the same time
)

// Options are what may differ between layers.
type Options struct {
	UID, GID int
}

// Write writes entries as one deterministic layer: sorted, times 0, modes 0644
// or 0755, the given owner, no extended attributes. Weights that do not
// compress are stored as they are.
func Write(w io.Writer, kind Kind, entries []Entry, o Options) (Layer, error) {
	all, err := complete(entries)
	if err != nil {
		return Layer{}, err
	}
	compress := true
	if kind == Weights {
		if compress, err = compressible(all); err != nil {
			return Layer{}, err
		}
	}
	blob := &counter{w: w, hash: sha256.New()}
	l := Layer{Kind: kind, MediaType: MediaTypeTar}
	if !compress { // tar and blob are the same bytes
		out := bufio.NewWriterSize(blob, blockSize)
		if err := writeTar(out, all, o); err != nil {
			return Layer{}, err
		}
		if err := out.Flush(); err != nil {
			return Layer{}, fmt.Errorf("finishing a layer: %w", err)
		}
		l.DiffID, l.Digest, l.Size = sum(blob.hash), sum(blob.hash), blob.n
		return l, nil
	}
	l.MediaType = MediaTypeGzip
	out, err := newGzip(blob)
	if err != nil {
		return Layer{}, err
	}
	diff := sha256.New()
	if err := writeTar(io.MultiWriter(out, diff), all, o); err != nil {
		_ = out.Close() // ends the compressing goroutines; what went wrong is already known
		return Layer{}, err
	}
	if err := out.Close(); err != nil {
		return Layer{}, fmt.Errorf("finishing a layer: %w", err)
	}
	l.DiffID, l.Digest, l.Size = sum(diff), sum(blob.hash), blob.n
	return l, nil
}

// newGzip compresses with all cores, to the same bytes with any number of them.
func newGzip(w io.Writer) (io.WriteCloser, error) {
	z, err := pgzip.NewWriterLevel(w, level)
	if err != nil {
		return nil, err
	}
	if err := z.SetConcurrency(blockSize, runtime.GOMAXPROCS(0)+1); err != nil {
		return nil, err
	}
	z.ModTime = time.Unix(0, 0) // which gzip writes as "no time"; the zero Time becomes the year 2042
	return z, nil
}

func writeTar(w io.Writer, entries []Entry, o Options) error {
	t := tar.NewWriter(w)
	buffer := make([]byte, 256<<10)
	for _, e := range entries {
		if err := writeEntry(t, e, o, buffer); err != nil {
			return fmt.Errorf("writing %s into the layer: %w", e.Path, err)
		}
	}
	return t.Close()
}

// writeEntry leaves every field of the header that says when or by whom at
// zero; the format is PAX only where a name is too long for USTAR.
func writeEntry(t *tar.Writer, e Entry, o Options, buffer []byte) error {
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
	// One byte more than there should be, to notice a file that grows under our hands.
	r, read := io.LimitReader(f, e.Size+1), sha256.New()
	if e.SHA256 != "" {
		r = io.TeeReader(r, read)
	}
	n, err := io.CopyBuffer(t, r, buffer)
	if grown := errors.Is(err, tar.ErrWriteTooLong); grown || (err == nil && n != e.Size) {
		return fmt.Errorf("the file changed while it was read; it had %d bytes", e.Size)
	}
	if got := hex.EncodeToString(read.Sum(nil)); err == nil && e.SHA256 != "" && got != e.SHA256 {
		return fmt.Errorf("its content is not the expected one: its SHA-256 is %s, not %s", got, e.SHA256)
	}
	return err
}

// compressible tries deflate on the beginning of the largest file. Gzip of
// weights that do not shrink costs more than everything else in a run. The
// same library as for the layer itself decides, because its answer is part of
// the digest and must not change with the Go release.
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
	z, err := flate.NewWriter(&out, level)
	if err != nil {
		return false, err
	}
	if _, err := z.Write(data); err != nil {
		return false, err
	}
	if err := z.Close(); err != nil {
		return false, err
	}
	return float64(out.Len()) <= 0.95*sample, nil
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
