package deps

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Locking writes down what the layers of a run were made of: slipway.lock, and
// requirements.lock beside it where a person locks nothing.
type Locking struct {
	Dir  string // of the model
	Show io.Writer
}

// Run writes the files that are not as they should be, and shows how they change.
func (l Locking) Run(_ context.Context, run *stage.Run) (stage.Outcome, error) {
	if d := run.Plan.Dockerfile; d != nil {
		return stage.Outcome{}, &stage.Invalid{Problem: result.Problem{File: path.Join(run.Plan.Below, d.Path), Message: "a Dockerfile decides by itself what it is made of, and slipway.lock locks nothing of it: write its FROM with a digest (FROM python:3.11-slim@sha256:…), and install from requirements with hashes"}}
	}
	locked := lock.Lock{Base: lock.Base{Ref: run.Image.Base.Ref, Digests: map[string]string{run.Native.Platform: run.Native.Digest}}}
	for _, v := range run.Variants() {
		locked.Base.Digests[v.Image.Platform] = v.Image.Base.Digest
	}
	if d := run.Plan.Deps; d != nil {
		locked.Dependencies = l.dependencies(run, d)
		if locked.Dependencies.From != "" {
			if err := l.write(lock.Requirements, run.Lock); err != nil {
				return stage.Outcome{}, err
			}
		}
	}
	if t := run.Trained; t != nil {
		locked.Train = &lock.Train{Key: t.Key}
		for _, made := range t.Layers {
			locked.Train.Layers = append(locked.Train.Layers, made.DiffID)
		}
	}
	if err := l.write(lock.File, locked.Bytes()); err != nil {
		return stage.Outcome{}, err
	}
	run.Result.LockStale = nil
	return stage.Pass()
}

func (l Locking) dependencies(run *stage.Run, d *plan.Deps) *lock.Dependencies {
	out := &lock.Dependencies{File: d.LockFile, Digest: plan.Digest(run.Lock), UV: stage.UVVersion(), Recipe: plan.Recipe, Layers: map[string]lock.Layer{}}
	if !d.Hashed || d.LockFile != d.Requirements {
		out.File, out.From, out.FromDigest = lock.Requirements, d.Requirements, d.FromDigest
	}
	keys := map[string]string{run.Image.Platform: run.Result.Deps.Key}
	for _, o := range run.Result.Deps.Others {
		keys[o.Platform] = o.Key
	}
	for _, v := range run.Variants() {
		for _, made := range v.Image.Layers {
			if made.Kind == layer.Deps {
				out.Layers[v.Image.Platform] = lock.Layer{Key: keys[v.Image.Platform], DiffID: made.DiffID}
			}
		}
	}
	return out
}

func (l Locking) write(name string, content []byte) error {
	file := filepath.Join(l.Dir, name)
	before, err := os.ReadFile(file)
	if err == nil && bytes.Equal(before, content) {
		fmt.Fprintf(l.Show, "%s is current\n", name)
		return nil
	}
	from := "a/" + name
	if err != nil {
		from = "/dev/null"
	}
	_, _ = l.Show.Write(diff.Diff(from, before, "b/"+name, content))
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return &stage.Error{What: name + " could not be written: " + err.Error(), Where: l.Dir, Remedy: "make it writable", Err: err}
	}
	return nil
}
