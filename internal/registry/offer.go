package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-dev/slipway/internal/stage"
)

// offers is a registry on this machine's loopback address, for an engine on the
// same machine: it pulls an image from there before there is one anywhere else.
// Only pulling by digest is answered, and nothing is listed: whoever cannot name
// an image's digest gets nothing of it.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull
type offers struct {
	ctx    context.Context // of the run: base layers are fetched with it
	server *http.Server
	at     string

	mu     sync.Mutex
	images map[string]v1.Image // by manifest digest
	blobs  map[string]offered  // of them
}

// offered is where a blob comes from.
type offered struct {
	layer  v1.Layer
	config []byte
}

// offeredAs is the repository's name; the registry holds nothing else.
const offeredAs = "slipway"

// Offer lets an engine on this machine pull the image, and returns the reference
// to pull it by. It is offered until Close.
func (c *Client) Offer(ctx context.Context, image stage.Image) (string, error) {
	img, err := c.assemble(ctx, image)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offers == nil {
		if c.offers, err = listen(ctx); err != nil {
			return "", fmt.Errorf("offering the image to the engine: %w", err)
		}
	}
	return c.offers.add(img)
}

// Close ends what Offer began.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offers == nil {
		return nil
	}
	server := c.offers.server
	c.offers = nil
	return server.Close()
}

func listen(ctx context.Context) (*offers, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &offers{ctx: ctx, at: l.Addr().String(), images: map[string]v1.Image{}, blobs: map[string]offered{}}
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second}
	go o.server.Serve(l) //nolint:errcheck // ends with Close
	return o, nil
}

func (o *offers) add(img v1.Image) (string, error) {
	digest, err := img.Digest()
	if err != nil {
		return "", err
	}
	config, err := img.ConfigName()
	if err != nil {
		return "", err
	}
	raw, err := img.RawConfigFile()
	if err != nil {
		return "", err
	}
	layers, err := img.Layers()
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.images[digest.String()] = img
	o.blobs[config.String()] = offered{config: raw}
	for _, l := range layers {
		d, err := l.Digest()
		if err != nil {
			return "", err
		}
		o.blobs[d.String()] = offered{layer: l}
	}
	return o.at + "/" + offeredAs + "@" + digest.String(), nil
}

// ServeHTTP answers GET and HEAD of the API's root, of manifests and of blobs.
func (o *offers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	what, digest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/"+offeredAs+"/"), "/")
	o.mu.Lock()
	img, isImage := o.images[digest]
	blob, isBlob := o.blobs[digest]
	o.mu.Unlock()
	var err error
	switch {
	case r.URL.Path == "/v2/":
		return
	case what == "manifests" && isImage:
		err = sendManifest(w, r, img)
	case what == "blobs" && isBlob:
		err = o.sendBlob(w, r, blob)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		panic(http.ErrAbortHandler) // the engine notices, and tries again
	}
}

func sendManifest(w http.ResponseWriter, r *http.Request, img v1.Image) error {
	raw, err := img.RawManifest()
	if err != nil {
		return err
	}
	mediaType, err := img.MediaType()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", string(mediaType))
	w.Header().Set("Docker-Content-Digest", r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	return send(w, r, raw)
}

func send(w http.ResponseWriter, r *http.Request, data []byte) error {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(data)
	return err
}

func (o *offers) sendBlob(w http.ResponseWriter, r *http.Request, b offered) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	if b.layer == nil {
		return send(w, r, b.config)
	}
	size, err := b.layer.Size()
	if err != nil {
		return err
	}
	if own, ok := b.layer.(blob); ok { // a file: with ranges, and without a copy in our memory
		f, err := os.Open(own.Archive)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // read only
		http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(f, own.Offset, own.Layer.Size))
		return nil
	}
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	if r.Method == http.MethodHead {
		return nil
	}
	from, err := b.layer.Compressed()
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // read only
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, reader{o.ctx, from}, make([]byte, 1<<20))
	return err
}
