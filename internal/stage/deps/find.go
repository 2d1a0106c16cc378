package deps

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Tag is the tag under which a registry keeps the dependency layer with a key.
func Tag(key string) string { return "slipway-deps-" + key }

// lookup is one layer that is looked for, on one platform.
type lookup struct {
	Stage
	run  *stage.Run
	d    plan.Deps
	key  string
	want string // the diff ID that slipway.lock vouches for; empty: it says nothing
}

// find looks the layer for one platform up by its key, in the store and then
// in the registry, and makes it when neither has it.
func (s Stage) find(ctx context.Context, run *stage.Run, v *stage.Variant, d plan.Deps) (record result.Deps, found layer.Layer, err error) {
	f := lookup{Stage: s, run: run, d: d, key: d.KeyOf(d.Lock, v.Image.Base.Digest, v.Image.Platform)}
	if l := d.Locked[v.Image.Platform]; l.Key == f.key {
		f.want = l.DiffID
	}
	record = result.Deps{Key: f.key}
	if run.Plan.Fresh {
		record.Why = "--fresh makes everything again"
	} else if record.Hit, record.Why, found, err = f.look(ctx); err != nil {
		return record, found, err
	}
	if record.Hit == "" {
		if found, err = s.Store.Put("deps-"+f.key, func(path string) (layer.Layer, error) { return s.make(ctx, run, v, d, path) }); err != nil {
			return record, found, err
		}
		if err := f.asLocked(found.DiffID); err != nil {
			return record, found, err
		}
	}
	if record.Hit != "registry" {
		s.keep(ctx, run, v, d, f.key, found)
	}
	record.DiffID = found.DiffID
	return record, found, nil
}

// look finds a layer that was made before. why says where it is from, or why it is made again.
func (f lookup) look(ctx context.Context) (hit, why string, found layer.Layer, err error) {
	found, ok, damage, err := f.Store.Get("deps-" + f.key)
	if err != nil {
		return "", "", found, err
	}
	switch {
	case ok && found.DiffID == f.want:
		return "store", "made before, as slipway.lock has it", found, nil
	case ok && f.want == "" && found.From == "":
		return "store", "made before on this machine", found, nil
	case ok && f.want == "":
		why = "the stored one came from " + found.From + ", and no slipway.lock vouches for it"
	case ok:
		why = "the stored one is not the one in slipway.lock"
	case damage != "":
		why = "the stored one was not used: " + damage
		f.warn("the stored dependency layer was not used: " + damage)
	default:
		why = "there is none in the store"
	}
	pulled, why2, err := f.pull(ctx)
	if err != nil || pulled.DiffID == "" {
		return "", why + "; " + why2, pulled, err
	}
	return "registry", why + "; " + why2, pulled, nil
}

// pull fetches the layer from the registry, when slipway.lock says what it must be.
func (f lookup) pull(ctx context.Context) (found layer.Layer, why string, err error) {
	switch {
	case f.d.Repository == "":
		return found, "no registry is published to, which could have it", nil
	case f.want == "":
		return found, "no slipway.lock vouches for one in " + f.d.Repository, nil
	}
	at := f.d.Repository + ":" + Tag(f.key)
	r, ok, err := f.Shelf.FindLayer(ctx, f.d.Repository, Tag(f.key))
	if err == nil && !ok {
		return found, f.d.Repository + " has none", nil
	}
	if err == nil && r.DiffID != f.want {
		err = &layer.WrongError{What: "it is said to be " + r.DiffID}
	}
	if err == nil {
		r.Kind = layer.Deps
		found, err = f.Store.Put("deps-"+f.key, func(path string) (layer.Layer, error) { return f.Shelf.PullLayer(ctx, r, path) })
	}
	var wrong *layer.WrongError
	var known *stage.Error
	switch {
	case err == nil:
		return found, "as slipway.lock has it, from " + f.d.Repository, nil
	case ctx.Err() != nil:
		return layer.Layer{}, "", err
	case errors.As(err, &wrong):
		why = fmt.Sprintf("%s is not the layer in slipway.lock: %s", at, wrong.What)
	case errors.As(err, &known):
		why = "the registry could not be asked: " + known.What
	default:
		return layer.Layer{}, "", err
	}
	f.warn("the dependency layer is made again: " + why)
	return layer.Layer{}, why, nil
}

func (f lookup) warn(what string) { f.run.Result.Warnings = append(f.run.Result.Warnings, what) }

// asLocked holds what was made against the lock: a package that is built from
// source may come out otherwise.
func (f lookup) asLocked(diffID string) error {
	if f.want == "" || f.want == diffID {
		return nil
	}
	message := fmt.Sprintf("the dependency layer comes out as %s, and %s has %s: a package that is built from source may differ; `slipway lock %s` takes what came out", diffID, lock.File, f.want, f.run.Plan.Below)
	if f.Frozen {
		return &stage.Invalid{Problem: result.Problem{File: path.Join(f.run.Plan.Below, lock.File), Message: message}}
	}
	f.warn(message)
	return nil
}

// keep puts a layer that this machine has where other machines find it, beside
// the stages that follow. It is a favour to them: failing is a warning.
func (s Stage) keep(ctx context.Context, run *stage.Run, v *stage.Variant, d plan.Deps, key string, l layer.Layer) {
	if !d.Keep || s.Shelf == nil {
		return
	}
	image := stage.Image{Platform: v.Image.Platform, Base: v.Image.Base, Layers: []layer.Layer{l}, Config: v.Image.Base.Config}
	run.Background(func() string {
		if _, err := s.Shelf.Publish(ctx, []stage.Image{image}, d.Repository, []string{Tag(key)}, nil); err != nil && ctx.Err() == nil {
			return "the dependency layer could not be kept for other machines: " + err.Error()
		}
		return ""
	})
}
