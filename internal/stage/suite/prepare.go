package suite

import (
	"context"
	"os"
	"path"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// prepare has the packages installed that the tests need and the image lacks.
func (s Stage) prepare(ctx context.Context, run *stage.Run, exec *stage.Exec) error {
	file := run.Plan.Test.Requirements
	requirements, err := os.ReadFile(filepath.Join(run.Plan.Dir, file))
	if err != nil {
		return err
	}
	packages := stage.Beside{
		What: "the test packages", File: path.Join(run.Plan.Below, file), Requirements: requirements,
		Installed: run.Container, Pip: run.Container, Run: run,
	}
	if run.Image.Base != nil {
		if packages.Installed, err = s.Composer.Compose(ctx, run.Image.Below(layer.Weights).Below(layer.Code)); err != nil {
			return err
		}
		base := stage.Image{Platform: run.Image.Platform, Base: run.Image.Base, Config: run.Image.Base.Config}
		if packages.Pip, err = s.Composer.Compose(ctx, base); err != nil {
			return err
		}
	}
	return packages.Install(ctx, exec)
}
