// Package deps makes the dependency layer, or finds the one that was made
// before from the same base, lock and recipe.
package deps

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Shelf is a registry, where layers are kept for other machines.
type Shelf interface {
	// FindLayer says what the repository has under a tag; found is false when nothing is there.
	FindLayer(ctx context.Context, repository, tag string) (r layer.Received, found bool, err error)
	// PullLayer downloads what was found into an archive, and proves that it is what was said.
	PullLayer(ctx context.Context, r layer.Received, archive string) (layer.Layer, error)
	// Publish writes an image with these tags.
	Publish(ctx context.Context, images []stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error)
}

// Stage puts the dependency layer on the image.
type Stage struct {
	Composer stage.Composer
	Store    layer.Store
	Shelf    Shelf
	// Probe is the path of our static helper for the engine's platform: it writes
	// the layer inside the container, so that only the finished, compressed one
	// leaves the engine.
	Probe string
	// Resolved is a directory that keeps what unlocked requirements were
	// resolved to, and Day until when: another one resolves anew.
	Resolved string
	Day      string
	// Frozen refuses a layer that is not the one in slipway.lock.
	Frozen bool
}

// Run puts the layer on the image for each platform.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	if why := run.Plan.Skipped("deps"); why != "" {
		return stage.Skip("%s", why)
	}
	d := *run.Plan.Deps
	err := s.lock(ctx, run, &d)
	if err == nil {
		run.Lock, run.Result.LockDigest = d.Lock, &d.LockDigest
		err = s.each(ctx, run, d)
	}
	var refused *refusal
	if errors.As(err, &refused) {
		return stage.Fail(refused.Error(), "correct "+d.Requirements+": these are the installer's own words")
	}
	if err != nil {
		return stage.Outcome{}, err
	}
	return stage.Outcome{Status: result.StagePassed, Reason: how(*run.Result.Deps)}, nil
}

// how says in the log how the layer was come by.
func how(d result.Deps) string {
	from := "made"
	if d.Hit != "" {
		from = "from the " + d.Hit
	}
	return fmt.Sprintf("key %s %s: %s", d.Key[:12], from, d.Why)
}

func (s Stage) each(ctx context.Context, run *stage.Run, d plan.Deps) error {
	for n, v := range run.Variants() {
		record, found, err := s.find(ctx, run, v, d)
		if err != nil {
			return err
		}
		v.Image.Layers = append(v.Image.Layers, found)
		if n > 0 {
			run.Result.Deps.Others = append(run.Result.Deps.Others, result.OtherDeps{Platform: v.Image.Platform, Key: record.Key, Hit: record.Hit, Why: record.Why, DiffID: record.DiffID})
			continue
		}
		run.Result.Deps = &record
		for _, p := range found.Packages {
			run.Result.Dependencies = append(run.Result.Dependencies, result.Dependency(p))
		}
	}
	return nil
}
