package deps

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/stage"
)

//go:embed install.py
var installScript []byte

// refusal is the installer's no: the requirements cannot be had together, or not at all.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// make installs the requirements in the base image and leaves the layer's
// archive at that path. Packages for another platform are installed without
// emulation, in the base image of the engine's own: the same paths, the same Python.
func (s Stage) make(ctx context.Context, run *stage.Run, v *stage.Variant, d plan.Deps, archive string) (layer.Layer, error) {
	foreign := ""
	if run.Native.Platform != v.Image.Platform {
		foreign = v.Image.Platform
		if err := samePython(run.Native, v.Image.Base); err != nil {
			return layer.Layer{}, err
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(archive), "deps-*")
	if err != nil {
		return layer.Layer{}, fmt.Errorf("making room for the dependency layer: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the cache is found by its owner's clean-up
	x := stage.Exec{
		Args:  []string{"python", "/slipway/install.py"},
		Files: asked(d),
		Env: map[string]string{
			"SLIPWAY_VENV":     plan.VenvDir,
			"SLIPWAY_PLATFORM": foreign,
			// Bytecode of sets and dictionaries must not depend on the process.
			"PYTHONHASHSEED": "0",
		},
		Output: "/slipway/out", Names: []string{"layer.tar", "layer.tar.json"}, OutputTo: dir,
	}
	x.Files["/slipway/install.py"] = stage.File{Content: installScript}
	x.Files["/slipway/probe"] = stage.File{Host: s.Probe}
	if err := s.exec(ctx, run, d, x, foreign); err != nil {
		return layer.Layer{}, err
	}
	return adopt(dir, archive)
}

// asked are the files that say which packages, where the scripts look for them.
func asked(d plan.Deps) map[string]stage.File {
	switch d.Format {
	case config.FormatUV:
		return map[string]stage.File{"/slipway/project/uv.lock": {Content: d.Lock}, "/slipway/project/pyproject.toml": {Content: d.Project}}
	case config.FormatPylock:
		return map[string]stage.File{"/slipway/pylock.toml": {Content: d.Lock}}
	case config.FormatPyproject:
		return map[string]stage.File{"/slipway/pyproject.toml": {Content: d.Lock}}
	}
	return map[string]stage.File{"/slipway/requirements.txt": {Content: d.Lock}}
}

// exec runs a script that calls uv in the base image of the engine's own platform.
func (s Stage) exec(ctx context.Context, run *stage.Run, d plan.Deps, x stage.Exec, foreign string) error {
	native := run.Native
	base, err := s.Composer.Compose(ctx, stage.Image{Platform: native.Platform, Base: native, Config: native.Config})
	if err != nil {
		return err
	}
	uv, err := stage.UV(ctx, base, path.Join(run.Plan.Below, d.Requirements))
	if err != nil {
		return err
	}
	x.User = "root"
	x.AddIndexes(run)
	x.Files["/slipway/installer.py"] = stage.File{Content: stage.Installer}
	x.Mounts = map[string]stage.Directory{stage.UVDir: uv}
	_, err = base.Exec(ctx, x)
	var exit *stage.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == 1: // the installer says no; 2: it could not ask. See installer.py.
		return &refusal{refused(foreign, stage.Tail(exit.Stderr, 12))}
	case exit != nil:
		return &stage.Error{What: "the dependencies could not be installed: " + stage.Tail(exit.Stderr, 4), Where: d.Requirements, Remedy: "look at the network between the engine and the package index, and at the disk of the engine's machine, then run again", Err: err}
	}
	return err
}

// adopt moves the archive to its place in the store and reads what it is.
func adopt(dir, path string) (layer.Layer, error) {
	var l layer.Layer
	data, err := stage.ReadOutput(dir, "layer.tar.json")
	if err != nil {
		return l, fmt.Errorf("reading what the helper made: %w", err)
	}
	if err := json.Unmarshal(data, &l); err != nil {
		return l, fmt.Errorf("reading what the helper made: %w", err)
	}
	if err := os.Rename(filepath.Join(dir, "layer.tar"), path); err != nil {
		return l, fmt.Errorf("keeping the dependency layer: %w", err)
	}
	l.Archive, l.From = path, ""
	return l, nil
}
