package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Shelf is the registry, where layers are kept for other machines.
type Shelf interface {
	// FindLayers are the layers of the image with a tag, bottom first; found is false where there is none.
	FindLayers(ctx context.Context, repository, tag string) (all []layer.Received, found bool, err error)
	// PullLayer downloads one of them into an archive at path.
	PullLayer(ctx context.Context, r layer.Received, path string) (layer.Layer, error)
	// Publish writes an image.
	Publish(ctx context.Context, images []stage.Image, to string, tags []string, attach stage.Attach) (stage.Published, error)
}

// Tag is the tag under which a registry keeps the outputs with a key.
func Tag(hash string) string { return "slipway-train-" + hash }

// pull fetches outputs from the registry, when slipway.lock says what they must
// be: whoever may push there could have left others. It is nil when there are none.
func (s Stage) pull(ctx context.Context, run *stage.Run, hash string) (*outputs, error) {
	t := run.Plan.Train
	if t.Repository == "" || t.Locked.Key != hash || s.Shelf == nil {
		return nil, nil
	}
	found, err := s.fetch(ctx, t.Repository, t.Locked.Layers, hash)
	if err != nil {
		var wrong *layer.WrongError
		var known *stage.Error
		var why string
		switch {
		case ctx.Err() != nil:
			return nil, err
		case errors.As(err, &wrong):
			why = fmt.Sprintf("%s:%s is not what slipway.lock has: %s", t.Repository, Tag(hash), wrong.What)
		case errors.As(err, &known):
			why = "the registry could not be asked: " + known.What
		default:
			return nil, err
		}
		run.Result.Warnings = append(run.Result.Warnings, "training runs again: "+why)
		return nil, nil
	}
	if found == nil {
		return nil, nil
	}
	out := &outputs{layers: found, from: "registry"}
	if out.about.Files, out.about.Metrics, err = contents(found, run.Plan.Metrics); err != nil {
		return nil, err
	}
	return out, out.keep(s.Store, hash)
}

func (s Stage) fetch(ctx context.Context, repository string, want []string, hash string) ([]layer.Layer, error) {
	all, ok, err := s.Shelf.FindLayers(ctx, repository, Tag(hash))
	if err != nil || !ok {
		return nil, err
	}
	var ids []string
	top := all[max(0, len(all)-len(want)):] // the base is below them
	for _, r := range top {
		ids = append(ids, r.DiffID)
	}
	if !slices.Equal(ids, want) {
		return nil, &layer.WrongError{What: "its layers are others"}
	}
	var out []layer.Layer
	for n, r := range top {
		r.Kind = layer.Weights
		l, err := s.Store.Put(fmt.Sprintf("%s-%d", name(hash), n), func(path string) (layer.Layer, error) { return s.Shelf.PullLayer(ctx, r, path) })
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// share keeps outputs where other machines find them, beside the stages that
// follow. It is a favour to them: failing is a warning.
func (s Stage) share(ctx context.Context, run *stage.Run, hash string, o *outputs) {
	t := run.Plan.Train
	if !t.Keep || s.Shelf == nil || o.from == "registry" {
		return
	}
	image := stage.Image{Platform: run.Image.Platform, Base: run.Image.Base, Layers: o.layers, Config: run.Image.Base.Config}
	run.Background(func() string {
		if _, err := s.Shelf.Publish(ctx, []stage.Image{image}, t.Repository, []string{Tag(hash)}, nil); err != nil && ctx.Err() == nil {
			return "the outputs of training could not be kept for other machines: " + err.Error()
		}
		return ""
	})
}
