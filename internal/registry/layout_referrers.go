package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/stage"
)

// attach puts documents into the layout: a referrer is one more manifest in
// index.json, and names its subject
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#indexjson-file).
func (l imageDir) attach(ctx context.Context, index *v1.IndexManifest, subject v1.Descriptor, docs []stage.Attachment) ([]stage.Attached, error) {
	of := func(digest string) (v1.Descriptor, error) {
		if digest == "" || digest == subject.Digest.String() {
			return subject, nil
		}
		d := v1.Descriptor{MediaType: types.OCIManifestSchema1}
		var err error
		if d.Digest, err = v1.NewHash(digest); err != nil {
			return d, err
		}
		if d.Size, err = fileSize(l.path("blobs", d.Digest.Algorithm, d.Digest.Hex)); err == nil && d.Size < 0 {
			err = fmt.Errorf("%s is not in the layout", digest)
		}
		return d, err
	}
	all, err := arrange(docs, of, func(digest string) ([]v1.Descriptor, error) { return l.referrers(index, digest) })
	if err != nil {
		return nil, err
	}
	var out []stage.Attached
	for _, p := range all {
		if !p.there {
			for _, b := range p.blobs {
				if err := l.writeBlob(ctx, b, map[string]int64{}); err != nil {
					return out, err
				}
			}
			if err := replace(l.path("blobs", p.descriptor.Digest.Algorithm, p.descriptor.Digest.Hex), p.manifest); err != nil {
				return out, err
			}
			index.Manifests = append(index.Manifests, p.descriptor)
		}
		out = append(out, p.attached())
	}
	return out, nil
}

// referrers lists the manifests of the index that are about a digest.
func (l imageDir) referrers(index *v1.IndexManifest, subject string) ([]v1.Descriptor, error) {
	var out []v1.Descriptor
	for _, d := range index.Manifests {
		of, err := l.subject(d)
		if err != nil {
			return nil, err
		}
		if of == subject {
			out = append(out, d)
		}
	}
	return out, nil
}

// document tells a document from an image, for which some tools repeat the type of its config.
func document(d v1.Descriptor) bool {
	return d.ArtifactType != "" && !types.MediaType(d.ArtifactType).IsConfig()
}

// subject is the digest that a manifest of the index is about; empty for an image.
func (l imageDir) subject(d v1.Descriptor) (string, error) {
	if !document(d) {
		return "", nil
	}
	data, err := os.ReadFile(l.path("blobs", d.Digest.Algorithm, d.Digest.Hex))
	if err != nil {
		return "", err
	}
	m, err := v1.ParseManifest(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", d.Digest, err)
	}
	if m.Subject == nil {
		return "", nil
	}
	return m.Subject.Digest.String(), nil
}

// forget takes the documents out of the index whose image is no longer in it.
func (l imageDir) forget(index *v1.IndexManifest) error {
	images := map[string]bool{}
	if err := l.mark(slices.DeleteFunc(slices.Clone(index.Manifests), document), images); err != nil {
		return err
	}
	var err error
	index.Manifests = slices.DeleteFunc(index.Manifests, func(d v1.Descriptor) bool {
		of, problem := l.subject(d)
		if problem != nil {
			err = problem
		}
		hash, _ := v1.NewHash(of) // no hash names nothing that is kept
		return of != "" && !images[hash.Hex]
	})
	return err
}

// attachments reads the documents about a digest.
func (l imageDir) attachments(digest string) ([]stage.Attached, error) {
	index, err := l.read()
	if err != nil {
		return nil, err
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(l.path("blobs", hash.Algorithm, hash.Hex)); err != nil {
		return nil, err
	}
	found, err := l.referrers(index, digest)
	if err != nil {
		return nil, err
	}
	var out []stage.Attached
	for _, d := range found {
		manifest, err := l.blob(d.Digest)
		if err != nil {
			return nil, err
		}
		a, err := open(d.Digest, manifest, digest, func(b v1.Descriptor) (io.ReadCloser, error) {
			data, err := l.blob(b.Digest)
			return io.NopCloser(bytes.NewReader(data)), err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// read reads the layout's index.
func (l imageDir) read() (*v1.IndexManifest, error) {
	data, err := os.ReadFile(l.path("index.json"))
	if err != nil {
		return nil, err
	}
	return v1.ParseIndexManifest(bytes.NewReader(data))
}

// blob reads a small blob, and checks it.
func (l imageDir) blob(digest v1.Hash) ([]byte, error) {
	path := l.path("blobs", digest.Algorithm, digest.Hex)
	if size, err := fileSize(path); err != nil || size > small {
		return nil, fmt.Errorf("%s has %d bytes: %w", path, size, err)
	}
	if !intact(path, digest) {
		return nil, fmt.Errorf("%s is not what its name says", path)
	}
	return os.ReadFile(path)
}
