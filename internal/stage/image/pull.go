package image

import (
	"context"

	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Pull takes an image as it is in a registry, built by whomever.
type Pull struct{ Composer stage.Composer }

// Run pulls the run's base image and records what it is.
func (p Pull) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	base := run.Image.Base
	run.Image.Config = base.Config
	var err error
	if run.Container, err = p.Composer.Compose(ctx, run.Image); err != nil {
		return stage.Outcome{}, err
	}
	image := &result.Image{Digest: base.Digest}
	var size int64
	for _, l := range base.Layers {
		size += l.Size
		image.Layers = append(image.Layers, result.Layer{Kind: string(l.Kind), Digest: l.Digest, DiffID: l.DiffID, Size: l.Size})
	}
	image.Platforms = []result.Platform{{Platform: run.Image.Platform, Digest: base.Digest, Size: size}}
	run.Result.Image = image
	return stage.Pass()
}
