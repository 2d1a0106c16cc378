package stage

import (
	"context"

	"github.com/slipway-dev/slipway/internal/layer"
)

// Base is the image that a python build stands on, as a registry knows it.
type Base struct {
	Ref      string // as it was asked for: "python:3.11-slim"
	Digest   string // of the platform's manifest
	Platform string // "linux/amd64"
	Config   layer.Config
	Layers   []layer.Layer // bottom first
	// Archive is the path of the image as an archive, when it is in no registry.
	Archive string
}

// Image is what a run builds, for one platform. A python build is a base with
// our layers on it; a Dockerfile build is an archive that the engine wrote.
type Image struct {
	Platform string
	Base     *Base
	Layers   []layer.Layer // ours, above the base's, bottom first
	Config   layer.Config
	// Archive is the path of the image as an archive; set by Dockerfile builds instead of Base and Layers.
	Archive string
}

// Below is the image without its layers of the kind and those above them:
// what a change in that layer leaves as it was.
func (i Image) Below(kind layer.Kind) Image {
	for n, l := range i.Layers {
		if l.Kind == kind {
			i.Layers = i.Layers[:n:n]
			break
		}
	}
	return i
}

// Manifest is what the image's manifest says of it.
type Manifest struct {
	Digest string        // of the manifest
	Size   int64         // of all layers together, compressed, in bytes
	Layers []layer.Layer // bottom first
}

// Published is what a registry, or a layout directory, now holds.
type Published struct {
	Digest    string           // of the manifest; of images for several platforms, of their index
	Reference string           // repository@digest; empty until the manifest is there
	Tags      []string         // written, in order
	Pushed    map[string]int64 // bytes uploaded by layer digest
	Attached  []Attached       // what hangs on the digest, in order
}

// Attachment is a document about an image. It hangs on the image's digest as a
// referrer, so that what varies from run to run is beside the image and not in it
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md#guidelines-for-artifact-usage).
type Attachment struct {
	Subject      string // digest of the manifest it is about; empty: of what is published
	ArtifactType string // what kind of document it is
	MediaType    string // of Data
	Data         []byte
	Annotations  map[string]string // the referrer's
	// Once is a document of which the first stays: where one with this
	// ArtifactType and these Annotations is attached, it is not written.
	Once bool
	// With is a document that goes with the one after it, and is written when that one is.
	With bool
}

// Attached is an attachment where it can be found.
type Attached struct {
	Attachment
	Digest  string // of the referrer's manifest
	Written bool   // false: it was there before
}

// Attach makes the documents about the image with this digest. The digest is
// known late: a platform that was not tested is not part of an index.
type Attach func(ctx context.Context, digest string) ([]Attachment, error)
