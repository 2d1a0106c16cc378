package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/layer"
)

// blob is a layer in a local archive as go-containerregistry sees it.
type blob struct {
	layer.Layer
	digest, diffID v1.Hash
}

var _ v1.Layer = blob{}

func local(layers []layer.Layer) ([]v1.Layer, error) {
	var out []v1.Layer
	for _, l := range layers {
		digest, err := v1.NewHash(l.Digest)
		if err != nil {
			return nil, fmt.Errorf("a %s layer: %w", l.Kind, err)
		}
		diffID, err := v1.NewHash(l.DiffID)
		if err != nil {
			return nil, fmt.Errorf("a %s layer: %w", l.Kind, err)
		}
		out = append(out, blob{l, digest, diffID})
	}
	return out, nil
}

func (b blob) Digest() (v1.Hash, error)             { return b.digest, nil }
func (b blob) DiffID() (v1.Hash, error)             { return b.diffID, nil }
func (b blob) Size() (int64, error)                 { return b.Layer.Size, nil }
func (b blob) MediaType() (types.MediaType, error)  { return types.MediaType(b.Layer.MediaType), nil }
func (b blob) Compressed() (io.ReadCloser, error)   { return b.Open() }
func (b blob) Uncompressed() (io.ReadCloser, error) { return nil, errCompressedOnly }

var errCompressedOnly = errors.New("a layer is only read as it is stored")

// fetched is a layer of a base image. Where one is needed as bytes it is
// downloaded once, into the cache.
type fetched struct {
	v1.Layer
	ctx   context.Context // v1.Layer has no other way to end a download
	cache string
	from  string // the registry, for errors
}

// below gives the layers of a base image, as something to mount from its
// repository where the destination can.
func (c *Client) below(ctx context.Context, base v1.Image) ([]v1.Layer, error) {
	layers, err := base.Layers()
	if err != nil {
		return nil, err
	}
	var out []v1.Layer
	for _, l := range layers {
		m, ok := l.(*remote.MountableLayer)
		if !ok {
			return nil, fmt.Errorf("a layer of a base image is a %T", l)
		}
		f := fetched{m.Layer, ctx, c.options.Cache, host(m.Reference.Context().Registry)}
		out = append(out, &remote.MountableLayer{Layer: f, Reference: m.Reference})
	}
	return out, nil
}

// Compressed opens the layer's bytes.
func (f fetched) Compressed() (io.ReadCloser, error) {
	digest, err := f.Digest()
	if err != nil {
		return nil, err
	}
	doing := "fetching layer " + digest.String() + " of the base image"
	if f.cache == "" {
		r, err := f.Layer.Compressed()
		return r, explain(err, doing, f.from)
	}
	dir := filepath.Join(f.cache, digest.Algorithm)
	path := filepath.Join(dir, digest.Hex)
	if intact(path, digest) {
		return os.Open(path)
	}
	if err := save(f.ctx, dir, f.Layer); err != nil {
		return nil, explain(err, doing, f.from)
	}
	return os.Open(path)
}

// intact tells whether a file holds what its name says.
func intact(path string, digest v1.Hash) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && hex.EncodeToString(h.Sum(nil)) == digest.Hex
}

// unfinished begins the names of files that are being written, and of those that cut-off runs have left.
const unfinished = "new-"

// save writes a layer's blob to dir under the hex of its digest, whole and
// checked or not at all.
func save(ctx context.Context, dir string, l v1.Layer) error {
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	r, err := l.Compressed()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read only
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // renamed away when all went well
	h := sha256.New()
	_, err = io.CopyBuffer(io.MultiWriter(f, h), reader{ctx, r}, make([]byte, 1<<20))
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest.Hex {
		return fmt.Errorf("the bytes of layer %s are those of sha256:%s", digest, got)
	}
	return os.Rename(f.Name(), filepath.Join(dir, digest.Hex))
}

// reader ends with its context.
type reader struct {
	ctx context.Context // an io.Reader has no other way to end
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// replace writes a small file whole or not at all.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // renamed away when all went well
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// fileSize is the size of a file; -1 when there is none.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	return info.Size(), nil
}
