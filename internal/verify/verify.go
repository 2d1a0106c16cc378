// Package verify checks the documents that are attached to an image: what they
// are about, and why they can be believed.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Reader reads what is attached to images.
type Reader interface {
	// Attachments reads what is attached to a digest in "registry/repository" or "oci:DIR".
	Attachments(ctx context.Context, at, digest string) ([]stage.Attached, error)
}

// Asked is what somebody wants to know.
type Asked struct {
	At, Digest string
	Key        *attest.Key // that must have signed; nil: none
	// AllowUnsigned takes what nobody signed, or whose signature is not checked.
	AllowUnsigned bool
}

// Verification is what was seen.
type Verification struct {
	Image     string     `json:"image"`
	Verified  bool       `json:"verified"`
	Problems  []string   `json:"problems"`
	Documents []Document `json:"documents"`
	// Said is what the provenance says; null when there is none to believe.
	Said *Said `json:"provenance"`
}

// Document is one that is attached.
type Document struct {
	Kind    string `json:"kind"`
	Digest  string `json:"digest"` // of the referrer
	Subject string `json:"subject"`
	// Trust is why it can be believed: Signed, Vouched or Unsigned.
	Trust string `json:"trust"`

	data  []byte
	media string
}

// The reasons to believe a document.
const (
	Signed   = "signed"
	Vouched  = "named by the provenance"
	Unsigned = "unsigned"
)

// Said is what a reader asks of a provenance first.
type Said struct {
	Commit  string   `json:"commit"`
	Source  string   `json:"source"`
	Changed bool     `json:"changed"` // what was built was not as in the commit
	Base    []string `json:"base"`
	Lock    []string `json:"lock"` // "name sha256:…"
	Builder string   `json:"builder"`
	Run     string   `json:"run"`
}

// Image reads and checks everything that is attached to an image. An error is a
// registry that could not be asked; what is wrong with the documents is a problem.
func Image(ctx context.Context, reader Reader, a Asked) (Verification, error) {
	v := Verification{Image: a.At + "@" + a.Digest, Problems: []string{}, Documents: []Document{}}
	documents, err := attached(ctx, reader, a.At, a.Digest)
	if err != nil {
		return v, err
	}
	platforms, byproducts := v.provenance(ctx, a, documents)
	for _, platform := range platforms { // of an index; each has documents of its own
		more, err := attached(ctx, reader, a.At, platform)
		if err != nil {
			return v, err
		}
		documents = append(documents, more...)
	}
	for _, d := range documents {
		if d.Kind == "provenance" {
			continue
		}
		d.Trust = Unsigned
		switch named := attest.Document("", "", d.data).Digest["sha256"]; {
		case d.media == attest.BundleType && a.Key != nil && attest.Signed(ctx, d.data, *a.Key) == nil:
			d.Trust = Signed
		case slices.ContainsFunc(byproducts, func(r attest.Resource) bool { return r.Digest["sha256"] == named }):
			d.Trust = Vouched
		}
		v.Documents = append(v.Documents, d)
	}
	v.Verified = len(v.Problems) == 0
	return v, nil
}

func attached(ctx context.Context, reader Reader, at, digest string) ([]Document, error) {
	found, err := reader.Attachments(ctx, at, digest)
	if err != nil {
		return nil, err
	}
	var out []Document
	for _, f := range found {
		out = append(out, Document{Kind: attest.Kind(f.ArtifactType, f.Annotations), Digest: f.Digest, Subject: digest, data: f.Data, media: f.ArtifactType})
	}
	return out, nil
}

// provenance checks what says where the image comes from. It returns the other
// digests that it is about, and what it vouches for.
func (v *Verification) provenance(ctx context.Context, a Asked, documents []Document) (platforms []string, byproducts []attest.Resource) {
	for _, d := range documents {
		statement, provenance, err := attest.ReadProvenance(d.media, d.data)
		if errors.Is(err, attest.ErrOther) {
			continue
		}
		about := func(r attest.Resource) bool { return "sha256:"+r.Digest["sha256"] == a.Digest }
		if err == nil && !slices.ContainsFunc(statement.Subject, about) {
			err = errors.New("it is about another image")
		}
		if err == nil {
			d.Trust, err = trust(ctx, d, a)
		}
		if err != nil {
			v.Problems = append(v.Problems, fmt.Sprintf("provenance %s: %v", d.Digest, err))
			continue
		}
		v.Documents = append(v.Documents, d)
		if v.Said != nil {
			continue // of another run of the same image
		}
		v.Said, byproducts = sayings(provenance), provenance.RunDetails.Byproducts
		for _, s := range statement.Subject {
			if !about(s) {
				platforms = append(platforms, "sha256:"+s.Digest["sha256"])
			}
		}
	}
	if v.Said == nil && len(v.Problems) == 0 {
		v.Problems = append(v.Problems, "no provenance is attached: slipway did not publish this image, or not with this digest")
	}
	return platforms, byproducts
}

// trust says why a provenance can be believed. The error is why it cannot.
func trust(ctx context.Context, d Document, a Asked) (string, error) {
	isSigned := d.media == attest.BundleType
	switch {
	case isSigned && a.Key != nil:
		return Signed, attest.Signed(ctx, d.data, *a.Key)
	case a.Key != nil:
		return "", errors.New("it is unsigned, and a signature was asked for")
	case a.AllowUnsigned:
		return Unsigned, nil
	case isSigned:
		return "", errors.New("it is signed, and the signature was not checked: name the public key with --key")
	}
	return "", errors.New("it is unsigned: whoever may push could have written it; --allow-unsigned takes it all the same")
}

func sayings(p attest.Provenance) *Said {
	s := &Said{Builder: p.RunDetails.Builder.ID, Run: p.RunDetails.Metadata.InvocationID, Base: []string{}, Lock: []string{}}
	for _, r := range p.BuildDefinition.ResolvedDependencies {
		switch {
		case r.Name == "source":
			s.Commit, s.Source = r.Digest["gitCommit"], strings.TrimPrefix(r.URI, "git+")
			_, s.Changed = r.Annotations["changed"]
		case r.Name == "base":
			s.Base = append(s.Base, r.URI)
		case r.MediaType == "text/plain":
			s.Lock = append(s.Lock, r.Name+" sha256:"+r.Digest["sha256"])
		}
	}
	return s
}
