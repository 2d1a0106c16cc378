package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Compare says in what the image at a digest first differs from one that was
// built: layer, file and byte, or field of the configuration. It is empty when
// they are the same. at is a repository or "oci:DIR".
func (c *Client) Compare(ctx context.Context, at, digest string, built stage.Image) (string, error) {
	there, done, err := c.at(ctx, at, digest, built.Platform)
	if err != nil {
		return "", err
	}
	defer done()
	here, err := c.assemble(ctx, built)
	if err != nil {
		return "", err
	}
	return compareImages(there, here)
}

// at opens a published image.
func (c *Client) at(ctx context.Context, at, digest, platform string) (img v1.Image, done func(), err error) {
	if dir, ok := strings.CutPrefix(at, "oci:"); ok {
		temporary, err := os.MkdirTemp("", "slipway-compared-*")
		if err != nil {
			return nil, nil, err
		}
		base, err := c.Layout(dir, platform, filepath.Join(temporary, "image.tar"))
		if err == nil {
			img, err = c.assemble(ctx, stage.Image{Platform: platform, Archive: base.Archive})
		}
		return img, func() { _ = os.RemoveAll(temporary) }, err
	}
	ref, err := name.NewDigest(at + "@" + digest)
	if err != nil {
		return nil, nil, &stage.Error{What: fmt.Sprintf("%q is no image by its digest", at+"@"+digest), Where: "REF", Remedy: "write it as registry/repository@sha256:…", Err: err}
	}
	want, err := v1.ParsePlatform(platform)
	if err != nil {
		return nil, nil, err
	}
	img, err = remote.Image(ref, append(c.remote(ctx, false), remote.WithPlatform(*want))...)
	return img, func() {}, explain(err, "reading "+ref.String(), host(ref.Context().Registry))
}

func compareImages(there, here v1.Image) (string, error) {
	old, err := there.Layers()
	if err != nil {
		return "", err
	}
	made, err := here.Layers()
	if err != nil {
		return "", err
	}
	for n := range min(len(old), len(made)) {
		what, err := compareLayers(old[n], made[n])
		if err != nil || what != "" {
			return prefixed(fmt.Sprintf("layer %d: ", n+1), what), err
		}
	}
	if len(old) != len(made) {
		return fmt.Sprintf("it has %d layers, and %d were built", len(old), len(made)), nil
	}
	return compareConfigs(there, here)
}

func prefixed(before, what string) string {
	if what == "" {
		return ""
	}
	return before + what
}

func compareLayers(old, made v1.Layer) (string, error) {
	was, err := old.DiffID()
	if err != nil {
		return "", err
	}
	is, err := made.DiffID()
	if err != nil {
		return "", err
	}
	if was == is {
		wasBlob, err := old.Digest()
		if err != nil {
			return "", err
		}
		isBlob, err := made.Digest()
		if err != nil || wasBlob == isBlob {
			return "", err
		}
		return "the same files are compressed in another way", nil
	}
	first, err := unpacked(old)
	if err != nil {
		return "", err
	}
	defer first.Close() //nolint:errcheck // read only
	second, err := unpacked(made)
	if err != nil {
		return "", err
	}
	defer second.Close() //nolint:errcheck // read only
	what, err := compareTars(first, second)
	if err == nil && what == "" {
		what = "the same files are packed in another way"
	}
	return what, err
}

// unpacked is a layer's tar.
func unpacked(l v1.Layer) (io.ReadCloser, error) {
	r, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	mediaType, err := l.MediaType()
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(string(mediaType), "gzip") {
		if strings.HasSuffix(string(ociLayer(mediaType)), layer.MediaTypeTar) {
			return r, nil
		}
		return nil, fmt.Errorf("a layer is compressed as %s, which cannot be read here", mediaType)
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{z, r}, nil
}

// compareTars goes through both in step, and ends at the first difference.
func compareTars(was, is io.Reader) (string, error) {
	old, made := tar.NewReader(was), tar.NewReader(is)
	for {
		a, oldErr := old.Next()
		b, madeErr := made.Next()
		switch {
		case errors.Is(oldErr, io.EOF) && errors.Is(madeErr, io.EOF):
			return "", nil
		case errors.Is(oldErr, io.EOF):
			return b.Name + " was built, and is not there", nil
		case errors.Is(madeErr, io.EOF):
			return a.Name + " is there, and was not built", nil
		case oldErr != nil:
			return "", oldErr
		case madeErr != nil:
			return "", madeErr
		case a.Name < b.Name:
			return a.Name + " is there, and was not built", nil
		case a.Name > b.Name:
			return b.Name + " was built, and is not there", nil
		}
		if what := compareHeaders(a, b); what != "" {
			return what, nil
		}
		at, err := firstDifference(old, made)
		if err != nil {
			return "", err
		}
		if at >= 0 {
			return fmt.Sprintf("%s differs at byte %d", a.Name, at), nil
		}
		if a.Size != b.Size {
			return fmt.Sprintf("%s has %d bytes, and %d were built", a.Name, a.Size, b.Size), nil
		}
	}
}

func compareHeaders(a, b *tar.Header) string {
	for _, field := range []struct {
		name    string
		was, is any
	}{
		{"type", a.Typeflag, b.Typeflag},
		{"mode", fmt.Sprintf("%o", a.Mode), fmt.Sprintf("%o", b.Mode)},
		{"owner", fmt.Sprintf("%d:%d", a.Uid, a.Gid), fmt.Sprintf("%d:%d", b.Uid, b.Gid)},
		{"target", a.Linkname, b.Linkname},
		{"time", a.ModTime.UTC().String(), b.ModTime.UTC().String()},
	} {
		if field.was != field.is {
			return fmt.Sprintf("%s: its %s is %v, and %v was built", a.Name, field.name, field.was, field.is)
		}
	}
	return ""
}

// firstDifference is the offset of the first byte that differs in what both have; -1: none.
func firstDifference(a, b io.Reader) (int64, error) {
	const block = 64 << 10
	first, second := make([]byte, block), make([]byte, block)
	for at := int64(0); ; at += block {
		n, err := readBlock(a, first)
		if err != nil {
			return -1, err
		}
		m, err := readBlock(b, second)
		if err != nil {
			return -1, err
		}
		both := min(n, m)
		if !bytes.Equal(first[:both], second[:both]) {
			for i := range both {
				if first[i] != second[i] {
					return at + int64(i), nil
				}
			}
		}
		if both < block {
			return -1, nil
		}
	}
}

func readBlock(r io.Reader, into []byte) (int, error) {
	n, err := io.ReadFull(r, into)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// compareConfigs names the first field, in alphabetical order, in which the
// configurations differ.
func compareConfigs(there, here v1.Image) (string, error) {
	was, err := fields(there)
	if err != nil {
		return "", err
	}
	is, err := fields(here)
	if err != nil {
		return "", err
	}
	for _, name := range sortedFields(was, is) {
		if !reflect.DeepEqual(was[name], is[name]) {
			return fmt.Sprintf("configuration: %s is %s, and %s was built", name, shown(was[name]), shown(is[name])), nil
		}
	}
	old, err := there.Digest()
	if err != nil {
		return "", err
	}
	made, err := here.Digest()
	if err != nil || old == made {
		return "", err
	}
	return "layers and configuration are the same, and the manifest says it in another way", nil
}

// fields are those of a configuration, the ones inside config by "config.NAME".
func fields(img v1.Image) (map[string]any, error) {
	raw, err := img.RawConfigFile()
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	inner, _ := all["config"].(map[string]any)
	delete(all, "config")
	for name, value := range inner {
		all["config."+name] = value
	}
	return all, nil
}

func sortedFields(a, b map[string]any) []string {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// shown is the beginning of a value.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	const most = 200
	if len(text) > most {
		return strings.ToValidUTF8(string(text[:most]), "") + "…"
	}
	return string(text)
}
