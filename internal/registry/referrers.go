package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/stage"
)

// The empty config of an artifact
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md#guidance-for-an-empty-descriptor).
const (
	emptyType = "application/vnd.oci.empty.v1+json"
	emptyJSON = "{}"
)

// maxReferrers bounds how many documents of one digest are looked at: whoever may write to the repository may add any number.
const maxReferrers = 200

// How long a list of referrers has to stay as we wrote it; how often what others write over is entered again.
const (
	alone     = 100 * time.Millisecond // a tag is written long before
	disturbed = time.Second
	maxLost   = 20
)

// referrer is a document as a registry keeps it: one blob, and a manifest that names its subject.
type referrer struct {
	blobs      []v1.Layer
	manifest   []byte
	descriptor v1.Descriptor
}

// newReferrer makes the manifest of a document. Its digest follows from document, kind and subject alone.
func newReferrer(doc stage.Attachment, subject v1.Descriptor) (referrer, error) {
	blob := static.NewLayer(doc.Data, types.MediaType(doc.MediaType))
	config := static.NewLayer([]byte(emptyJSON), emptyType)
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: doc.ArtifactType, Annotations: doc.Annotations,
		Subject: &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
	}
	var err error
	if m.Config, err = describe(config, []byte(emptyJSON)); err != nil {
		return referrer{}, err
	}
	layer, err := describe(blob, nil)
	if err != nil {
		return referrer{}, err
	}
	m.Layers = []v1.Descriptor{layer}
	r := referrer{blobs: []v1.Layer{blob, config}}
	if r.manifest, err = json.Marshal(m); err != nil {
		return referrer{}, err
	}
	r.descriptor = v1.Descriptor{MediaType: m.MediaType, ArtifactType: m.ArtifactType, Annotations: m.Annotations}
	r.descriptor.Digest, r.descriptor.Size, err = v1.SHA256(bytes.NewReader(r.manifest))
	return r, err
}

func describe(l v1.Layer, data []byte) (v1.Descriptor, error) {
	digest, err := l.Digest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	size, err := l.Size()
	if err != nil {
		return v1.Descriptor{}, err
	}
	mediaType, err := l.MediaType()
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size, Data: data}, err
}

// RawManifest and MediaType make a referrer something to put into a registry.
func (r referrer) RawManifest() ([]byte, error)        { return r.manifest, nil }
func (r referrer) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// there finds what is attached already and makes writing doc needless.
func (r referrer) there(doc stage.Attachment, have []v1.Descriptor) (v1.Descriptor, bool) {
	for _, d := range have {
		// Some registries list the type of the config there, which is that of every artifact.
		kind := d.ArtifactType == doc.ArtifactType || d.ArtifactType == emptyType
		if d.Digest == r.descriptor.Digest || doc.Once && kind && maps.Equal(d.Annotations, doc.Annotations) {
			d.ArtifactType = doc.ArtifactType
			return d, true
		}
	}
	return v1.Descriptor{}, false
}

// planned is a document with its referrer, and whether that has to be written.
type planned struct {
	referrer
	subject string
	there   bool
	without bool // another was written with the document it goes with
}

func (p planned) attached() stage.Attached {
	return stage.Attached{
		Attachment: stage.Attachment{Subject: p.subject, ArtifactType: p.descriptor.ArtifactType, Annotations: p.descriptor.Annotations},
		Digest:     p.descriptor.Digest.String(), Written: !p.there,
	}
}

// arrange decides which documents are to be written. of describes a manifest by
// its digest, have lists what is attached to one.
func arrange(docs []stage.Attachment, of func(digest string) (v1.Descriptor, error), have func(digest string) ([]v1.Descriptor, error)) ([]planned, error) {
	out := make([]planned, len(docs))
	listed := map[string][]v1.Descriptor{}
	for n := len(docs) - 1; n >= 0; n-- {
		doc := docs[n]
		subject, err := of(doc.Subject)
		if err != nil {
			return nil, err
		}
		on := subject.Digest.String()
		if _, asked := listed[on]; !asked {
			if listed[on], err = have(on); err != nil {
				return nil, err
			}
		}
		r, err := newReferrer(doc, subject)
		if err != nil {
			return nil, err
		}
		old, there := r.there(doc, listed[on])
		if doc.With && n+1 < len(out) {
			out[n].without = !there && out[n+1].there
			there = out[n+1].there
		}
		if there && !out[n].without {
			r.descriptor = old
		}
		out[n].referrer, out[n].subject, out[n].there = r, on, there
	}
	return slices.DeleteFunc(out, func(p planned) bool { return p.without }), nil
}

// in tells whether it is listed.
func (r referrer) in(have []v1.Descriptor) bool {
	return slices.ContainsFunc(have, func(d v1.Descriptor) bool { return d.Digest == r.descriptor.Digest })
}

// hanging is what one publication has attached to a repository's digests.
type hanging struct {
	client     *Client
	repository name.Repository
	pusher     *remote.Pusher
	written    map[string][]referrer // by subject
	known      map[v1.Hash]bool      // was listed before, or is ours
	last       time.Time             // of the last write
	lost       int                   // how often something of ours was not listed
}

// attach writes the documents that are not there yet: blobs, then the
// referrer's manifest. They are sure to stay when settle says so.
func (h *hanging) attach(ctx context.Context, subject v1.Descriptor, docs []stage.Attachment) ([]stage.Attached, error) {
	h.written, h.known = map[string][]referrer{}, map[v1.Hash]bool{}
	of := func(digest string) (v1.Descriptor, error) {
		if digest == "" || digest == subject.Digest.String() {
			return subject, nil
		}
		found, err := remote.Head(h.repository.Digest(digest), h.client.remote(ctx, true)...)
		if err != nil {
			return v1.Descriptor{}, err
		}
		return *found, nil
	}
	all, err := arrange(docs, of, func(digest string) ([]v1.Descriptor, error) {
		have, err := h.list(ctx, digest)
		for _, d := range have {
			h.known[d.Digest] = true
		}
		return have, err
	})
	if err != nil {
		return nil, err
	}
	var out []stage.Attached
	for _, p := range all {
		if !p.there {
			for _, b := range p.blobs {
				err := h.client.carrier.patience.whole(ctx, func(ctx context.Context) error { return h.pusher.Upload(ctx, h.repository, b) })
				if err != nil {
					return out, err
				}
			}
			if err := h.put(ctx, p.referrer); err != nil {
				return out, err
			}
			h.written[p.subject], h.known[p.descriptor.Digest] = append(h.written[p.subject], p.referrer), true
		}
		out = append(out, p.attached())
	}
	return out, nil
}

func (h *hanging) list(ctx context.Context, digest string) ([]v1.Descriptor, error) {
	return h.client.referrers(ctx, h.repository.Digest(digest), true)
}

// settle makes sure that everything that was written is listed, and stays so.
// Where a tag holds the list, two writers at once may each write theirs over
// the other's: the list is read again, and what got lost is entered again. A
// writer that read the list before ours was in it can still write after we have
// looked, so the last look is some time after the last write, and a longer
// time when somebody else's documents have come in meanwhile
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests-with-subject).
//
// Before the tags one look is enough; last is the one after them.
func (h *hanging) settle(ctx context.Context, last bool) error {
	for subject, written := range h.written {
		for {
			have, err := h.list(ctx, subject)
			if err != nil {
				return err
			}
			quiet := alone
			if slices.ContainsFunc(have, func(d v1.Descriptor) bool { return !h.known[d.Digest] }) {
				quiet = disturbed
			}
			lost := slices.DeleteFunc(slices.Clone(written), func(r referrer) bool { return r.in(have) })
			if len(lost) == 0 && (!last || time.Since(h.last) >= quiet) {
				break
			}
			if len(lost) > 0 {
				if h.lost++; h.lost > maxLost {
					return fmt.Errorf("what is attached to %s does not stay: %s is not in the list of referrers", subject, lost[0].descriptor.Digest)
				}
			}
			// Of two writers that disturb each other, one has to come later.
			select {
			case <-time.After(rand.N(quiet / 4)): //nolint:gosec // a wait is no secret
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, r := range lost {
				if err := h.put(ctx, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// put writes the manifest, which a registry with the referrers API lists by
// itself; where there is none, go-containerregistry enters it under the fallback tag.
func (h *hanging) put(ctx context.Context, r referrer) error {
	defer func() { h.last = time.Now() }()
	return h.pusher.Put(ctx, h.repository.Digest(r.descriptor.Digest.String()), r)
}

// referrers lists what is attached to a digest in a registry.
func (c *Client) referrers(ctx context.Context, of name.Digest, publishing bool) ([]v1.Descriptor, error) {
	index, err := remote.Referrers(of, c.remote(ctx, publishing)...)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if n := len(manifest.Manifests); n > maxReferrers {
		return nil, fmt.Errorf("%d documents are attached to %s: more than %d are not looked at", n, of, maxReferrers)
	}
	return manifest.Manifests, nil
}

// Attachments reads what is attached to a digest in "registry/repository" or
// "oci:DIR". Each document has been checked against its own digest and names
// this digest as its subject; what it says has not been checked.
func (c *Client) Attachments(ctx context.Context, at, digest string) ([]stage.Attached, error) {
	if dir, ok := strings.CutPrefix(at, "oci:"); ok {
		out, err := imageDir{dir}.attachments(digest)
		return out, explain(err, "reading what is attached to "+digest, dir)
	}
	of, err := name.NewDigest(at + "@" + digest)
	if err != nil {
		return nil, &stage.Error{What: fmt.Sprintf("%q is no image by its digest", at+"@"+digest), Where: "REF", Remedy: "write it as registry/repository@sha256:…", Err: err}
	}
	doing, where := "reading what is attached to "+of.String(), host(of.Context().Registry)
	options := c.remote(ctx, false)
	if _, err := remote.Head(of, options...); err != nil {
		return nil, explain(err, doing, where)
	}
	found, err := c.referrers(ctx, of, false)
	if err != nil {
		return nil, explain(err, doing, where)
	}
	var out []stage.Attached
	for _, d := range found {
		manifest, err := remote.Get(of.Context().Digest(d.Digest.String()), options...)
		if err != nil {
			return nil, explain(err, doing, where)
		}
		a, err := open(d.Digest, manifest.Manifest, digest, func(blob v1.Descriptor) (io.ReadCloser, error) {
			l, err := remote.Layer(of.Context().Digest(blob.Digest.String()), options...)
			if err != nil {
				return nil, err
			}
			return l.Compressed() // checks the bytes against their digest
		})
		if err != nil {
			return nil, explain(err, doing, where)
		}
		out = append(out, a)
	}
	return out, nil
}

// open reads a document out of its referrer.
func open(digest v1.Hash, manifest []byte, subject string, blob func(v1.Descriptor) (io.ReadCloser, error)) (stage.Attached, error) {
	m, err := v1.ParseManifest(bytes.NewReader(manifest))
	if err != nil {
		return stage.Attached{}, fmt.Errorf("reading %s: %w", digest, err)
	}
	if m.Subject == nil || m.Subject.Digest.String() != subject {
		return stage.Attached{}, fmt.Errorf("%s is listed as attached to %s, and is about something else", digest, subject)
	}
	a := stage.Attached{Digest: digest.String()}
	a.Subject, a.ArtifactType, a.Annotations = subject, m.ArtifactType, m.Annotations
	if a.ArtifactType == "" {
		a.ArtifactType = string(m.Config.MediaType) // as the image format had it before 1.1
	}
	if len(m.Layers) != 1 || m.Layers[0].Size > small {
		return a, nil // not one of ours, and nothing to read at once
	}
	a.MediaType = string(m.Layers[0].MediaType)
	r, err := blob(m.Layers[0])
	if err != nil {
		return stage.Attached{}, err
	}
	defer r.Close() //nolint:errcheck // read only
	a.Data, err = io.ReadAll(io.LimitReader(r, small))
	return a, err
}
