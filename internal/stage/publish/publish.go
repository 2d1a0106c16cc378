// Package publish gives the image away: bytes, then the manifest by its
// digest, then tags, and only when everything before has passed.
package publish

import (
	"context"
	"strings"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Publisher is a registry, or a directory that will be taken to one.
type Publisher interface {
	// Publish writes the image to "registry/repository" or "oci:DIR", then the documents about it, then the tags.
	Publish(ctx context.Context, image stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error)
}

// Stage publishes.
type Stage struct {
	Publisher Publisher
	// Documents makes the documents that are attached to the image; nil: none.
	Documents func(run *stage.Run) stage.Attach
}

// Run publishes the image and records where it can be had.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	if why := p.Skipped("publish"); why != "" {
		return stage.Skip("%s", why)
	}
	// A directory is the user's own disk; a tag in a registry is a promise to others.
	local := strings.HasPrefix(p.Publish.To, "oci:")
	if open := run.Result.Unverified; len(open) > 0 && !p.Publish.AllowUnverified && !local {
		return stage.Skip("not everything was checked: %s; `publish: {unverified: allow}` in slipway.yaml publishes all the same", strings.Join(open, "; "))
	}
	var attach stage.Attach
	if s.Documents != nil {
		attach = s.Documents(run)
	}
	done, err := s.Publisher.Publish(ctx, run.Image, p.Publish.To, p.Publish.Tags, attach)
	image := run.Result.Image
	image.Repository, image.Tags = p.Publish.To, done.Tags // what was written was written, whatever came after
	if err != nil {
		return stage.Outcome{}, err
	}
	image.Reference = done.Reference
	for i, l := range image.Layers {
		pushed := done.Pushed[l.Digest]
		image.Layers[i].PushedBytes = &pushed
	}
	return stage.Pass()
}
