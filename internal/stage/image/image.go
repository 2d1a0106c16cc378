// Package image makes the image: it writes the weights and code layers and
// composes all layers in the engine, or has the engine build a Dockerfile.
package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/secret"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Builder is what the engine does for this stage.
type Builder interface {
	stage.Composer
	// Build builds a Dockerfile, writes the image as an archive to path, and
	// gives a container of what is in it.
	Build(ctx context.Context, d stage.Dockerfile, path string) (stage.Built, error)
}

// Assembler says what an image's manifest will be.
type Assembler interface {
	Manifest(ctx context.Context, image stage.Image) (stage.Manifest, error)
	// Digest is the identity of all images together: of several, their index's.
	Digest(ctx context.Context, images []stage.Image) (string, error)
}

// Stage makes the image and the container to try it in.
type Stage struct {
	Builder   Builder
	Assembler Assembler
	Store     layer.Store
	Scratch   string // a directory for files of this run, removed after it
	Probe     string // path of our helper for the engine's platform
	// Fetchers get weights from elsewhere, by the kind of source.
	Fetchers map[config.WeightKind]Fetcher
}

// Run makes the image and records what it is.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	var err error
	if run.Plan.Dockerfile != nil {
		err = s.build(ctx, run)
	} else {
		err = s.assemble(ctx, run)
	}
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		return stage.Fail("an instruction of the Dockerfile failed: "+stage.Tail(exit.Stderr, 20), "correct the instruction")
	}
	var mistake *stage.BuildError
	if errors.As(err, &mistake) {
		return stage.Fail(mistake.Error(), "correct "+run.Plan.Dockerfile.Path)
	}
	if err != nil {
		return stage.Outcome{}, err
	}
	return s.record(ctx, run)
}

// record says what the images are.
func (s Stage) record(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	image := &result.Image{}
	var images []stage.Image
	for n, v := range run.Variants() {
		m, err := s.Assembler.Manifest(ctx, v.Image)
		if err != nil {
			return stage.Outcome{}, err
		}
		image.Platforms = append(image.Platforms, result.Platform{Platform: v.Image.Platform, Digest: m.Digest, Size: m.Size})
		images = append(images, v.Image)
		if n == 0 {
			image.Layers = layers(m, run.Plan.Dockerfile != nil)
		}
	}
	var err error
	if image.Digest, err = s.Assembler.Digest(ctx, images); err != nil {
		return stage.Outcome{}, err
	}
	run.Result.Image = image
	return stage.Pass()
}

func layers(m stage.Manifest, dockerfile bool) []result.Layer {
	var out []result.Layer
	for _, l := range m.Layers {
		one := result.Layer{Kind: string(l.Kind), Digest: l.Digest, DiffID: l.DiffID, Size: l.Size, Reproducible: true}
		if dockerfile {
			describe(&one, l.CreatedBy)
		}
		out = append(out, one)
	}
	return out
}

// assemble writes the layers that hold the model's own files: weights below
// code, because code changes more often.
func (s Stage) assemble(ctx context.Context, run *stage.Run) error {
	p := run.Plan.Image
	uid, gid, err := layer.ParseOwner(p.User)
	if err != nil {
		return err
	}
	o := layer.Options{UID: uid, GID: gid}
	shared, err := s.weights(ctx, run, o)
	if err != nil {
		return err
	}
	if run.Trained != nil { // above the other weights: training runs again more often than those change
		shared = append(shared, run.Trained.Layers...)
		run.Result.Weights = append(run.Result.Weights, run.Trained.Files...)
	}
	if len(p.Code) > 0 {
		entries, err := layer.FromFS(os.DirFS(run.Plan.Dir), p.Code, plan.AppDir)
		if err != nil {
			return err
		}
		l, err := s.Store.Write(layer.Code, entries, o)
		if err != nil {
			return err
		}
		shared = append(shared, l)
	}
	for _, v := range run.Variants() {
		v.Image.Layers = append(v.Image.Layers, shared...)
	}
	run.Image.Config = p.Config
	for n, v := range run.Plan.Others {
		run.Others[n].Image.Config = v.Config
	}
	for _, v := range backwards(run) {
		if v.Container, err = s.Builder.Compose(ctx, v.Image); err != nil {
			return err
		}
	}
	return nil
}

// backwards is all platforms, the one that is tried in full last: once it has
// its container, the checks run, and ask the others too.
func backwards(run *stage.Run) []*stage.Variant {
	all := run.Variants()
	slices.Reverse(all)
	return all
}

func (s Stage) build(ctx context.Context, run *stage.Run) error {
	for n, v := range backwards(run) {
		v.Image.Archive = filepath.Join(s.Scratch, fmt.Sprintf("image-%d.tar", n))
		c, err := s.Builder.Build(ctx, Dockerfile(run, v, s.Probe), v.Image.Archive)
		if err != nil {
			return err
		}
		v.Image.Config = c.Config()
		v.Container = c.Container
		if v == &run.Variant {
			run.Result.Base = builtOn(c.Base)
		}
	}
	return nil
}

// Dockerfile is the build of a variant as the engine is asked for it.
func Dockerfile(run *stage.Run, v *stage.Variant, helper string) stage.Dockerfile {
	d := run.Plan.Dockerfile
	secrets := map[string]secret.Secret{}
	for _, m := range d.Secrets {
		secrets[m.ID] = run.Secrets.Get(m.Env)
	}
	return stage.Dockerfile{
		Dir: filepath.Join(run.Plan.Dir, filepath.FromSlash(d.Context)), Path: d.File, Exclude: d.Exclude, Modes: d.Modes,
		Target: d.Target, Args: d.Args, Secrets: secrets, Platform: v.Image.Platform, Helper: helper,
		Made: layer.Made{From: d.From, Steps: d.Steps},
	}
}
