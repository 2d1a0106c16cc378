// Package deps makes the dependency layer, or finds the one that was made
// before from the same base, lock and recipe.
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

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

//go:embed install.py
var installScript []byte

// Stage puts the dependency layer on the image.
type Stage struct {
	Composer stage.Composer
	Store    layer.Store
	// Probe is the path of our static helper for the engine's platform: it writes
	// the layer inside the container, so that only the finished, compressed one
	// leaves the engine.
	Probe string
}

// Run puts the layer on the image for each platform.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	if why := p.Skipped("deps"); why != "" {
		return stage.Skip("%s", why)
	}
	run.Result.LockDigest = &p.Deps.LockDigest
	keys := []string{p.Deps.Key}
	for _, v := range p.Others {
		keys = append(keys, v.DepsKey)
	}
	for n, v := range run.Variants() {
		record, found, err := s.find(ctx, run, v, keys[n])
		var refused *refusal
		if errors.As(err, &refused) {
			return stage.Fail(refused.Error(), "correct "+p.Deps.Requirements+": these are the installer's own words")
		}
		if err != nil {
			return stage.Outcome{}, err
		}
		v.Image.Layers = append(v.Image.Layers, found)
		if n > 0 {
			run.Result.Deps.Others = append(run.Result.Deps.Others, result.OtherDeps{Platform: v.Image.Platform, Key: record.Key, Hit: record.Hit, DiffID: record.DiffID})
			continue
		}
		run.Result.Deps = &record
		for _, p := range found.Packages {
			run.Result.Dependencies = append(run.Result.Dependencies, result.Dependency(p))
		}
	}
	return stage.Pass()
}

// find looks the layer for one platform up by its key, and makes it when it is not there.
func (s Stage) find(ctx context.Context, run *stage.Run, v *stage.Variant, hash string) (record result.Deps, found layer.Layer, err error) {
	key, hit := "deps-"+hash, false
	record = result.Deps{Key: hash, Hit: "store"}
	if !run.Plan.Fresh {
		var why string
		if found, hit, why, err = s.Store.Get(key); err != nil {
			return record, found, err
		}
		if !hit && why != "" {
			run.Result.Warnings = append(run.Result.Warnings, "the stored dependency layer was not used: "+why)
		}
	}
	if !hit {
		record.Hit = ""
		if found, err = s.Store.Put(key, func(path string) (layer.Layer, error) { return s.make(ctx, run, v, path) }); err != nil {
			return record, found, err
		}
	}
	record.DiffID = found.DiffID
	return record, found, nil
}

// refusal is the installer's no: the requirements cannot be had together, or not at all.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// make installs the requirements in the base image and leaves the layer's
// archive at that path. Packages for another platform are installed without
// emulation, in the base image of the engine's own: the same paths, the same Python.
func (s Stage) make(ctx context.Context, run *stage.Run, v *stage.Variant, archive string) (layer.Layer, error) {
	native := run.Native
	foreign := ""
	if native.Platform != v.Image.Platform {
		foreign = v.Image.Platform
		if err := samePython(native, v.Image.Base); err != nil {
			return layer.Layer{}, err
		}
	}
	base, err := s.Composer.Compose(ctx, stage.Image{Platform: native.Platform, Base: native, Config: native.Config})
	if err != nil {
		return layer.Layer{}, err
	}
	uv, err := stage.UV(ctx, base, path.Join(run.Plan.Below, run.Plan.Deps.Requirements))
	if err != nil {
		return layer.Layer{}, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(archive), "deps-*")
	if err != nil {
		return layer.Layer{}, fmt.Errorf("making room for the dependency layer: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the cache is found by its owner's clean-up
	_, err = base.Exec(ctx, stage.Exec{
		Args: []string{"python", "/slipway/install.py"},
		User: "root",
		Files: map[string]stage.File{
			"/slipway/installer.py":     {Content: stage.Installer},
			"/slipway/install.py":       {Content: installScript},
			"/slipway/requirements.txt": {Content: run.Plan.Deps.Lock},
			"/slipway/probe":            {Host: s.Probe},
		},
		Mounts: map[string]stage.Directory{stage.UVDir: uv},
		Env: map[string]string{
			"SLIPWAY_VENV":     plan.VenvDir,
			"SLIPWAY_PLATFORM": foreign,
			// Bytecode of sets and dictionaries must not depend on the process.
			"PYTHONHASHSEED": "0",
		},
		Output: "/slipway/out", Names: []string{"layer.tar", "layer.tar.json"}, OutputTo: dir,
	})
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		// 1: the installer says no; 2: it could not ask. See installer.py.
		if exit.Code == 1 {
			return layer.Layer{}, &refusal{refused(foreign, stage.Tail(exit.Stderr, 12))}
		}
		return layer.Layer{}, &stage.Error{What: "the dependencies could not be installed: " + stage.Tail(exit.Stderr, 4), Where: run.Plan.Deps.Requirements, Remedy: "look at the network between the engine and the package index, and at the disk of the engine's machine, then run again", Err: err}
	}
	if err != nil {
		return layer.Layer{}, err
	}
	return adopt(dir, archive)
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
	l.Archive = path
	return l, nil
}
