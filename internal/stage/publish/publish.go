// Package publish gives the image away: bytes, then the manifest by its
// digest, then tags. Bytes may go while the image is still being checked;
// manifest and tags only when everything has passed.
package publish

import (
	"context"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Publisher is a registry, or a directory that will be taken to one.
type Publisher interface {
	// Upload sends what images consist of to a repository, and nothing that names it.
	Upload(ctx context.Context, images []stage.Image, to string) error
	// Publish writes the image, for one platform or several, to
	// "registry/repository" or "oci:DIR": what Upload has not sent, then
	// manifests, the documents about the image, and tags.
	Publish(ctx context.Context, images []stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error)
}

// Documents makes the documents that are attached to the image.
type Documents interface {
	// Beside begins what takes its time, while the image is being checked.
	Beside(ctx context.Context, run *stage.Run)
	// Of gives what makes the documents, once the image has passed.
	Of(run *stage.Run) stage.Attach
}

// Stage publishes.
type Stage struct {
	Publisher Publisher
	Documents Documents
	uploaded  chan struct{} // closed when the upload beside the checks has ended; nil without one
}

// Beside begins to upload the image while it is being checked, when it can be
// expected to be published to a registry.
func (s *Stage) Beside(ctx context.Context, run *stage.Run) {
	s.Documents.Beside(ctx, run)
	p := run.Plan
	if p.Skipped("publish") != "" || !p.Publish.Registry() || !p.Publish.AllowUnverified && !p.Verifiable() {
		return
	}
	images, done := built(run), make(chan struct{})
	s.uploaded = done
	go func() {
		defer close(done)
		// What goes wrong here is tried again by Run, which has somebody to tell.
		_ = s.Publisher.Upload(ctx, images, p.Publish.To)
	}()
}

// Run publishes the image and records where it can be had.
func (s *Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	if why := p.Skipped("publish"); why != "" {
		return stage.Skip("%s", why)
	}
	images := tried(run)
	if len(images) == 0 {
		return stage.Skip("the image was run on no platform: %s", strings.Join(run.Result.Unverified, "; "))
	}
	if open := unchecked(run.Result); len(open) > 0 && !p.Publish.AllowUnverified && p.Publish.Registry() {
		return stage.Skip("not everything was checked: %s; `publish: {unverified: allow}` in slipway.yaml publishes all the same", strings.Join(open, "; "))
	}
	if s.uploaded != nil {
		<-s.uploaded // ends with the run
	}
	done, err := s.Publisher.Publish(ctx, images, p.Publish.To, p.Publish.Tags, s.Documents.Of(run))
	// What was written was written, whatever came after.
	image := run.Result.Image
	image.Repository, image.Reference, image.Tags = p.Publish.To, done.Reference, done.Tags
	if done.Reference != "" {
		image.Digest = done.Digest // of fewer platforms than were built, perhaps
		for i, l := range image.Layers {
			pushed := done.Pushed[l.Digest]
			image.Layers[i].PushedBytes = &pushed
		}
	}
	if err != nil {
		return stage.Outcome{}, err
	}
	for _, a := range done.Attached {
		image.Attestations = append(image.Attestations, result.Attestation{
			Kind: attest.Kind(a.ArtifactType, a.Annotations), Digest: a.Digest, Subject: a.Subject,
			MediaType: a.ArtifactType, Signed: a.ArtifactType == attest.BundleType,
		})
	}
	return stage.Pass()
}

// tried are the images to publish.
func tried(run *stage.Run) []stage.Image {
	return slices.DeleteFunc(built(run), func(i stage.Image) bool {
		return slices.ContainsFunc(run.Result.Image.Platforms, func(p result.Platform) bool { return p.Platform == i.Platform && !run.Goes(p) })
	})
}

// unchecked is what was not checked of the images that are published.
func unchecked(res *result.Result) []string {
	return slices.DeleteFunc(slices.Clone(res.Unverified), func(reason string) bool {
		return slices.ContainsFunc(res.Image.Platforms, func(p result.Platform) bool { return p.Reason == reason })
	})
}

func built(run *stage.Run) []stage.Image {
	var all []stage.Image
	for _, v := range run.Variants() {
		all = append(all, v.Image)
	}
	return all
}
