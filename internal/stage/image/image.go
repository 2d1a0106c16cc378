// Package image makes the image: it writes the weights and code layers and
// composes all layers in the engine, or has the engine build a Dockerfile.
package image

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Builder is what the engine does for this stage.
type Builder interface {
	stage.Composer
	Build(ctx context.Context, d stage.Dockerfile) (stage.Container, error)
	// Save writes a built image as an archive to path.
	Save(ctx context.Context, c stage.Container, path string) error
}

// Assembler says what an image's manifest will be.
type Assembler interface {
	Manifest(ctx context.Context, image stage.Image) (stage.Manifest, error)
}

// Stage makes the image and the container to try it in.
type Stage struct {
	Builder   Builder
	Assembler Assembler
	Store     layer.Store
	Scratch   string // a directory for files of this run, removed after it
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
	manifest, err := s.Assembler.Manifest(ctx, run.Image)
	if err != nil {
		return stage.Outcome{}, err
	}
	record(run, manifest)
	return stage.Pass()
}

// assemble writes the layers that hold the model's own files: weights below
// code, because code changes more often.
func (s Stage) assemble(ctx context.Context, run *stage.Run) error {
	p := run.Plan.Image
	uid, gid, err := layer.ParseOwner(p.User)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		kind  layer.Kind
		files []string
	}{{layer.Weights, p.Weights}, {layer.Code, p.Code}} {
		if len(part.files) == 0 {
			continue
		}
		entries, err := layer.FromFS(os.DirFS(run.Plan.Dir), part.files, plan.AppDir)
		if err != nil {
			return err
		}
		l, err := s.Store.Write(part.kind, entries, layer.Options{UID: uid, GID: gid})
		if err != nil {
			return err
		}
		run.Image.Layers = append(run.Image.Layers, l)
	}
	run.Image.Config = p.Config
	run.Container, err = s.Builder.Compose(ctx, run.Image)
	return err
}

func (s Stage) build(ctx context.Context, run *stage.Run) error {
	d := run.Plan.Dockerfile
	c, err := s.Builder.Build(ctx, stage.Dockerfile{
		Dir: run.Plan.Dir, Path: d.Path, Target: d.Target, Args: d.Args, Platform: run.Plan.Platform,
		Exclude: d.Exclude,
	})
	if err != nil {
		return err
	}
	run.Image.Archive = filepath.Join(s.Scratch, "image.tar")
	run.Image.Config = c.Config()
	if err := s.Builder.Save(ctx, c, run.Image.Archive); err != nil {
		return err
	}
	run.Container = c
	return nil
}

func record(run *stage.Run, m stage.Manifest) {
	image := &result.Image{
		Digest:    m.Digest,
		Platforms: []result.Platform{{Platform: run.Image.Platform, Digest: m.Digest, Size: m.Size}},
	}
	for _, l := range m.Layers {
		kind := string(l.Kind)
		if run.Plan.Dockerfile != nil {
			kind = "dockerfile"
		}
		image.Layers = append(image.Layers, result.Layer{
			Kind: kind, Digest: l.Digest, DiffID: l.DiffID, Size: l.Size,
			Reproducible: !strings.EqualFold(kind, "dockerfile"),
		})
	}
	run.Result.Image = image
}
