package registry

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Artifacts gets weights that lie in a registry as an OCI artifact: files with
// their names, as `oras push` writes them, or a model in the formats of
// ModelPack (https://github.com/modelpack/model-spec) and KitOps.
type Artifacts struct {
	Client *Client
	// Secrets are the logins, by the variables that sources name: "user:password",
	// or a token. Without one, the logins of Docker are used.
	Secrets map[string]string
	// Cache is the directory of what was fetched before.
	Cache string
	Index content.Index
	// Note is told which file is fetched.
	Note func(text string)
}

// packed is how a layer holds its files.
type packed struct {
	name string // of the file, or of the directory that is unpacked
	tar  bool
	open func(io.Reader) (io.Reader, error) // of a compressed tar
}

// Annotations that name files.
const (
	title     = "org.opencontainers.image.title" // https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
	unpack    = "io.deis.oras.content.unpack"    // https://github.com/oras-project/oras-go/blob/v2.5.0/content/file/file.go
	modelPath = "org.cncf.model.filepath"        // https://github.com/modelpack/model-spec/blob/v0.0.7/docs/annotations.md
)

// mostEntries bounds what an archive can make us do.
const mostEntries = 100_000

// Fetch gets the files of an artifact.
func (a Artifacts) Fetch(ctx context.Context, w config.Weight) ([]stage.Fetched, error) {
	files := content.Files{Dir: filepath.Join(a.Cache, "sha256"), Index: a.Index}
	listing := filepath.Join(a.Cache, "oci", strings.TrimPrefix(w.Pin, "sha256:")+".json")
	if known, ok := a.known(listing, files); ok {
		return known, nil
	}
	doing := fmt.Sprintf("fetching %s (%s)", w.Source(), w.Field)
	ref, err := name.NewDigest(strings.TrimPrefix(w.Source(), "oci://"))
	if err != nil {
		return nil, explain(err, doing, w.Field)
	}
	where := host(ref.Context().Registry)
	options := a.Client.remote(ctx, false)
	if login := a.Secrets[w.Secret]; login != "" {
		user, password, both := strings.Cut(login, ":")
		if !both {
			user, password = "token", login
		}
		// The last one counts: https://pkg.go.dev/github.com/google/go-containerregistry/pkg/v1/remote#Option
		options = withAuth(options, &authn.Basic{Username: user, Password: password})
	}
	found, err := remote.Get(ref, options...)
	if err != nil {
		return nil, explain(err, doing, where)
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(found.Manifest, &manifest); err != nil || found.MediaType.IsIndex() {
		return nil, &stage.Error{What: doing + ": it is no artifact, but a list of several", Where: where, Remedy: "name the digest of one of them (`oras manifest fetch` shows them)", Err: err}
	}
	var out []stage.Fetched
	for _, l := range manifest.Layers {
		p, wanted, err := packing(l)
		if err != nil {
			return nil, &stage.Error{What: doing + ": " + err.Error(), Where: where, Remedy: "push it with `oras push`, which names its files", Err: err}
		}
		if !wanted {
			continue
		}
		a.Note("fetching " + p.name)
		blob, err := remote.Layer(ref.Context().Digest(l.Digest.String()), options...)
		if err != nil {
			return nil, explain(err, doing, where)
		}
		got, err := take(ctx, files, blob, l.Digest, p)
		if err != nil {
			return nil, explain(err, doing, where)
		}
		out = append(out, got...)
	}
	if len(out) == 0 {
		return nil, &stage.Error{What: doing + ": it holds no files", Where: where, Remedy: "is it an image? then it is a base (build.base), or its files have to be copied from it"}
	}
	if data, err := json.Marshal(out); err == nil && os.MkdirAll(filepath.Dir(listing), 0o755) == nil {
		_ = content.Replace(listing, data) // what cannot be kept is fetched again
	}
	return out, nil
}

// withAuth replaces the logins of options.
func withAuth(options []remote.Option, auth authn.Authenticator) []remote.Option {
	return append(options[:len(options)-1:len(options)-1], remote.WithAuth(auth))
}

// known is what an earlier run has fetched, when all of it is still there: the
// manifest's digest decides what that is.
func (a Artifacts) known(listing string, files content.Files) ([]stage.Fetched, bool) {
	data, err := os.ReadFile(listing)
	var out []stage.Fetched
	if err != nil || json.Unmarshal(data, &out) != nil || len(out) == 0 {
		return nil, false
	}
	for n := range out {
		var ok bool
		if out[n].Host, ok = files.Find(out[n].SHA256); !ok || !fs.ValidPath(out[n].Path) {
			return nil, false
		}
	}
	return out, true
}

// packing says how a layer holds files, and whether they are wanted: of a model
// package its weights and their configuration, not its documents, code or data.
func packing(l v1.Descriptor) (p packed, wanted bool, err error) {
	mediaType := string(l.MediaType)
	p.name = l.Annotations[title]
	if at := l.Annotations[modelPath]; at != "" {
		p.name = at
	}
	for _, family := range []string{"application/vnd.cncf.model.", "application/vnd.kitops.modelkit."} {
		rest, ours := strings.CutPrefix(mediaType, family)
		if !ours {
			continue
		}
		part, format, _ := strings.Cut(rest, ".v1.")
		switch part {
		case "weight", "weight.config", "model", "modelpart":
		default:
			return p, false, nil
		}
		if p.tar = strings.HasPrefix(format, "tar"); p.tar {
			p.name = "." // its members have whole names
		}
	}
	if l.Annotations[unpack] == "true" { // a directory, whose members begin with its name
		p.tar, p.name = true, "."
	}
	switch {
	case !p.tar:
	case strings.HasSuffix(mediaType, "+gzip"):
		p.open = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case strings.HasSuffix(mediaType, "+zstd"):
		p.open = func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderMaxMemory(256<<20)) }
	}
	switch {
	case p.name == "":
		return p, false, fmt.Errorf("layer %s (%s) does not say which file it is", l.Digest, mediaType)
	case !fs.ValidPath(p.name):
		return p, false, fmt.Errorf("a layer names the file %q, which is outside of the artifact", p.name)
	}
	return p, true, nil
}

// take fetches one layer, unless it is there, and unpacks it where it is an archive.
func take(ctx context.Context, files content.Files, l v1.Layer, digest v1.Hash, p packed) ([]stage.Fetched, error) {
	if !p.tar {
		host, ok := files.Find(digest.Hex)
		if !ok {
			var err error
			if host, err = download(ctx, files, l, digest); err != nil {
				return nil, err
			}
		}
		return []stage.Fetched{{Path: p.name, Host: host, SHA256: digest.Hex}}, nil
	}
	raw, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	defer raw.Close() //nolint:errcheck // read only
	var r io.Reader = raw
	if p.open != nil {
		if r, err = p.open(raw); err != nil {
			return nil, err
		}
	}
	out, err := untar(ctx, files, r)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, reader{ctx, raw}) // to its end, where its digest is checked
	return out, err
}

// tries is how often a layer is begun that breaks off.
const tries = 3

func download(ctx context.Context, files content.Files, l v1.Layer, digest v1.Hash) (string, error) {
	for attempt := 1; ; attempt++ {
		host, err := once(ctx, files, l, digest)
		if err == nil || attempt == tries || !passing(err) || ctx.Err() != nil {
			return host, err
		}
	}
}

func once(ctx context.Context, files content.Files, l v1.Layer, digest v1.Hash) (string, error) {
	r, err := l.Compressed()
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // read only
	p, err := files.Begin(digest.Hex)
	if err != nil {
		return "", err
	}
	if err := errors.Join(p.Restart(), p.ReadFrom(ctx, r)); err != nil {
		p.Leave()
		return "", err
	}
	return p.Finish()
}

func untar(ctx context.Context, files content.Files, r io.Reader) ([]stage.Fetched, error) {
	var out []stage.Fetched
	for t, n := tar.NewReader(r), 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		at := path.Clean(h.Name)
		switch {
		case n == mostEntries:
			return nil, fmt.Errorf("it holds more than %d files", mostEntries)
		case h.Typeflag == tar.TypeDir, h.Typeflag == tar.TypeXGlobalHeader:
			continue
		case h.Typeflag != tar.TypeReg:
			return nil, fmt.Errorf("%q in it is no file: links and devices are not taken", h.Name)
		case !fs.ValidPath(at):
			return nil, fmt.Errorf("%q in it is outside of the artifact", h.Name)
		}
		sum, host, err := files.Add(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, stage.Fetched{Path: at, Host: host, SHA256: sum, Executable: h.Mode&0o111 != 0})
	}
}
