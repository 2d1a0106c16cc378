package protocol

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Body is what a request sends: its pieces, one after the other. Files among
// them are read while they are sent, so that none is ever in memory as a
// whole: the probe lives in the model's memory limit. It is nil for no body,
// and not nil for one of no bytes.
type Body []Binary

// bodyOf is a body of bytes; nil for nil.
func bodyOf(data []byte) Body {
	if data == nil {
		return nil
	}
	return Body{{Content: data}}
}

// Len is how many bytes it has. The error is a file that is gone.
func (b Body) Len() (int64, error) {
	var total int64
	for _, piece := range b {
		if piece.Path == "" {
			total += int64(len(piece.Content))
			continue
		}
		info, err := os.Stat(piece.Path)
		if err != nil {
			return 0, err
		}
		total += info.Size()
	}
	return total, nil
}

// Open starts reading it from its beginning. Bytes alone are a reader that
// net/http knows: it sends them in one write with the headers, so that a server
// that answers without reading them does not break the connection.
func (b Body) Open() io.ReadCloser {
	if len(b) == 1 && b[0].Path == "" {
		return io.NopCloser(bytes.NewReader(b[0].Content))
	}
	return &bodyReader{rest: b}
}

// Bytes is all of it. The error is a file that could not be read.
func (b Body) Bytes() ([]byte, error) { return io.ReadAll(b.Open()) }

// bodyReader has at most one file open.
type bodyReader struct {
	rest Body
	now  io.Reader
	file *os.File
}

func (r *bodyReader) Read(p []byte) (int, error) {
	for {
		if r.now == nil {
			if len(r.rest) == 0 {
				return 0, io.EOF
			}
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.now.Read(p)
		if err != io.EOF {
			return n, err
		}
		r.now = nil
		if err := r.Close(); err != nil || n > 0 {
			return n, err
		}
	}
}

func (r *bodyReader) next() error {
	piece := r.rest[0]
	r.rest = r.rest[1:]
	if piece.Path == "" {
		r.now = bytes.NewReader(piece.Content)
		return nil
	}
	f, err := os.Open(piece.Path)
	if err != nil {
		return fmt.Errorf("reading a file of the request: %w", err)
	}
	r.now, r.file = f, f
	return nil
}

// Close closes the file that is being read.
func (r *bodyReader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
