package layer

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Tar opens the layer's uncompressed tar.
func (l Layer) Tar() (io.ReadCloser, error) {
	blob, err := l.Open()
	if err != nil {
		return nil, err
	}
	switch l.MediaType {
	case MediaTypeTar:
		return blob, nil
	case MediaTypeGzip:
		z, err := gzip.NewReader(blob)
		if err != nil {
			_ = blob.Close()
			return nil, fmt.Errorf("reading layer %s: %w", l.Digest, err)
		}
		return struct {
			io.Reader
			io.Closer
		}{z, blob}, nil
	}
	_ = blob.Close()
	return nil, fmt.Errorf("reading layer %s: it is %s, and only tar, plain or compressed with gzip, is read", l.Digest, l.MediaType)
}
