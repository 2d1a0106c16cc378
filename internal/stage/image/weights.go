package image

import (
	"context"
	"fmt"
	"os"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Fetcher gets weights that are not in the model's directory.
type Fetcher interface {
	Fetch(ctx context.Context, w config.Weight) ([]stage.Fetched, error)
}

// weights writes the layers of weights, and records which file is in which.
func (s Stage) weights(ctx context.Context, run *stage.Run, o layer.Options) ([]layer.Layer, error) {
	p := run.Plan.Image
	if len(p.Weights)+len(p.Sources) == 0 {
		return nil, nil
	}
	entries, err := modelWeights(run.Plan.Dir, p)
	if err != nil {
		return nil, err
	}
	fetched, from, err := s.fetch(ctx, p.Sources)
	if err != nil {
		return nil, err
	}
	if err := overlap(entries, fetched, from); err != nil {
		return nil, err
	}
	groups, err := s.Store.WriteWeights(append(entries, fetched...), o)
	if err != nil {
		return nil, err
	}
	var layers []layer.Layer
	for _, g := range groups {
		layers = append(layers, g.Layer)
		for _, e := range g.Files {
			if e.Mode.IsRegular() {
				source := ""
				if w, ok := from[e.Path]; ok {
					source = w.Source()
				}
				run.Result.Weights = append(run.Result.Weights, result.Weight{Path: "/" + e.Path, Source: source, Digest: "sha256:" + e.SHA256, Size: e.Size, LayerDigest: g.Layer.Digest})
			}
		}
	}
	return layers, nil
}

// modelWeights are the weights in the model's directory. What git-LFS has not
// put in its place is taken from where git-LFS keeps it.
func modelWeights(dir string, p plan.Image) ([]layer.Entry, error) {
	entries, err := layer.FromFS(os.DirFS(dir), p.Weights, plan.AppDir)
	if err != nil {
		return nil, err
	}
	for n, name := range p.Weights {
		e := &entries[n]
		object, kept := p.Objects[name]
		if !kept {
			if e.Mode.IsRegular() {
				e.Host = path.Join(dir, name)
			}
			continue
		}
		elsewhere, err := layer.FromFile(object.Host, path.Join(plan.AppDir, name))
		if err != nil {
			return nil, err
		}
		elsewhere.Mode, elsewhere.SHA256 = e.Mode, object.SHA256
		*e = elsewhere
	}
	return entries, nil
}

// fetch gets all sources at the same time, and says which file is from which.
func (s Stage) fetch(ctx context.Context, sources []config.Weight) ([]layer.Entry, map[string]config.Weight, error) {
	files := make([][]stage.Fetched, len(sources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for n, w := range sources {
		group.Go(func() (err error) {
			fetcher := s.Fetchers[w.Kind]
			if fetcher == nil {
				return fmt.Errorf("%s: nothing here fetches %s", w.Field, w.From)
			}
			files[n], err = fetcher.Fetch(ctx, w)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	var entries []layer.Entry
	from := map[string]config.Weight{}
	for n, w := range sources {
		for _, f := range files[n] {
			e, err := layer.FromFile(f.Host, path.Join(w.To, f.Path))
			if err != nil {
				return nil, nil, err
			}
			if e.SHA256 = f.SHA256; f.Executable {
				e.Mode |= 0o111
			}
			if other, twice := from[e.Path]; twice {
				return nil, nil, invalid(fmt.Sprintf("%s: /%s comes from %s too: give one of them another `to`", w.Field, e.Path, other.Field))
			}
			from[e.Path] = w
			entries = append(entries, e)
		}
	}
	return entries, from, nil
}

// overlap finds files that a source and the model's directory both have, or
// that lie where the other has a directory.
func overlap(own, fetched []layer.Entry, from map[string]config.Weight) error {
	there := map[string]bool{}
	for _, e := range own {
		there[e.Path] = true
	}
	for _, e := range fetched {
		if w := from[e.Path]; there[e.Path] {
			return invalid(fmt.Sprintf("%s: /%s is among the model's own weights too: give the source another `to`", w.Field, e.Path))
		}
	}
	return nil
}

func invalid(message string) error {
	return &stage.Invalid{Problem: result.Problem{File: config.File, Message: message}}
}
