package layer

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Received is a layer as whoever has it describes it: nothing of that is
// believed before the bytes are there.
type Received struct {
	Kind                      Kind
	DiffID, Digest, MediaType string
	Size                      int64
	From                      string // the registry that it comes from
}

// WrongError is a layer whose bytes are not what they are said to be.
type WrongError struct{ What string }

func (e *WrongError) Error() string { return e.What }

// Receive writes a layer's blob to an archive at path, as WriteArchive does
// with files, and makes sure that it has the digest and the diff ID that it is
// said to have. The packages are read out of it, and not taken from anybody's word.
func Receive(at string, blob io.Reader, r Received) (l Layer, err error) {
	if r.MediaType != MediaTypeGzip && r.MediaType != MediaTypeTar {
		return Layer{}, &WrongError{"it is of another kind than our layers: " + r.MediaType}
	}
	f, err := os.Create(at)
	if err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			l, err = Layer{}, errors.Join(err, os.Remove(at))
		}
	}()
	if _, err := f.Seek(tarBlock, io.SeekStart); err != nil {
		return Layer{}, fmt.Errorf("making room for a layer: %w", err)
	}
	l = Layer{Kind: r.Kind, DiffID: r.DiffID, Digest: r.Digest, Size: r.Size, MediaType: r.MediaType, From: r.From}
	blob = io.LimitReader(blob, r.Size+1) // one more, to notice that there is more
	stored := &counter{w: f, hash: sha256.New()}
	raw := io.TeeReader(blob, stored)
	diff := sha256.New()
	if l.Packages, err = readLayer(raw, diff, r.MediaType); err != nil {
		return Layer{}, err
	}
	if _, err := io.Copy(io.Discard, raw); err != nil { // what lies behind the end of the tar
		return Layer{}, err
	}
	switch {
	case stored.n != r.Size || sum(stored.hash) != r.Digest:
		return Layer{}, &WrongError{"its bytes are not those of its digest"}
	case sum(diff) != r.DiffID:
		return Layer{}, &WrongError{"its content is " + sum(diff) + ", and not the " + r.DiffID + " that it is said to be"}
	}
	if err := finishArchive(f, l); err != nil {
		return Layer{}, fmt.Errorf("writing the archive of a layer: %w", err)
	}
	l.Archive, l.Offset = at, tarBlock
	return l, nil
}

// readLayer reads a layer to its end, hashes what is in it, and lists its packages.
func readLayer(raw io.Reader, diff io.Writer, mediaType string) ([]Package, error) {
	content := raw
	if mediaType == MediaTypeGzip {
		z, err := gzip.NewReader(bufio.NewReaderSize(raw, blockSize))
		if err != nil {
			return nil, &WrongError{"its bytes are no gzip: " + err.Error()}
		}
		defer z.Close() //nolint:errcheck // read only
		content = z
	}
	content = io.TeeReader(content, diff)
	var found []Package
	for t := tar.NewReader(content); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &WrongError{"it is no layer: " + err.Error()}
		}
		if isMetadata(h.Name) {
			p, err := readMetadata(t)
			if err != nil {
				return nil, &WrongError{"it is no layer: " + err.Error()}
			}
			found = append(found, p)
		}
	}
	if _, err := io.Copy(io.Discard, content); err != nil { // the zeros behind the end of a tar
		return nil, &WrongError{"it is no layer: " + err.Error()}
	}
	sortPackages(found)
	return found, nil
}

// isMetadata is true for the file in which an installed distribution describes itself
// (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
func isMetadata(name string) bool {
	return path.Base(name) == "METADATA" && strings.HasSuffix(path.Dir(name), ".dist-info")
}
