package suite

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// packagesDir is where packages that only the tests need are mounted.
const packagesDir = "/slipway/packages"

//go:embed prepare.py
var prepareScript []byte

// prepare installs what the tests need and the image lacks, and mounts it. It
// runs below the code layer, so that a code change does not install again.
func (s Stage) prepare(ctx context.Context, run *stage.Run, exec *stage.Exec) error {
	file := run.Plan.Test.Requirements
	requirements, err := os.ReadFile(filepath.Join(run.Plan.Dir, file))
	if err != nil {
		return err
	}
	installed, pip := run.Container, run.Container
	if run.Image.Base != nil {
		if installed, err = s.Composer.Compose(ctx, run.Image.Below(layer.Weights).Below(layer.Code)); err != nil {
			return err
		}
		base := stage.Image{Platform: run.Image.Platform, Base: run.Image.Base, Config: run.Image.Base.Config}
		if pip, err = s.Composer.Compose(ctx, base); err != nil {
			return err
		}
	}
	uv, err := stage.UV(ctx, pip, path.Join(run.Plan.Below, file))
	if err != nil {
		return err
	}
	out, err := installed.Exec(ctx, stage.Exec{
		Args: []string{"python", "/slipway/prepare.py"},
		User: "root",
		Files: map[string]stage.File{
			"/slipway/installer.py":     {Content: stage.Installer},
			"/slipway/prepare.py":       {Content: prepareScript},
			"/slipway/requirements.txt": {Content: requirements},
		},
		Mounts: map[string]stage.Directory{stage.UVDir: uv},
		Keep:   packagesDir,
	})
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		if exit.Code == 1 {
			return &stage.Invalid{Problem: result.Problem{File: path.Join(run.Plan.Below, file), Message: "the test packages do not go together with what the image holds: " + stage.Tail(exit.Stderr, 8)}}
		}
		return &stage.Error{What: "the test packages could not be installed: " + stage.LastLine(exit.Stderr), Where: file, Remedy: "look at the network between the engine and the package index, and at the disk of the engine's machine, then run again", Err: err}
	}
	if err != nil {
		return err
	}
	if exec.Mounts == nil {
		exec.Mounts = map[string]stage.Directory{}
	}
	exec.Mounts[packagesDir] = out.Kept
	exec.Env["SLIPWAY_PATH"] += ":" + packagesDir + "/bin" // `pytest` as well as `python -m pytest`; last, so that it hides nothing
	// addsitedir appends: what ships is always found first. PYTHONPATH would put
	// the test packages in front of it (https://docs.python.org/3/library/site.html).
	exec.Files[path.Join(stage.LastLine(out.Stdout), "zz-slipway.pth")] = stage.File{
		Content: []byte("import site; site.addsitedir('" + packagesDir + "')\n"),
	}
	return nil
}
