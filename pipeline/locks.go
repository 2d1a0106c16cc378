package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/source"
	"github.com/slipway-dev/slipway/internal/stage"
)

// readLocks reads what says which packages the image has, and slipway.lock.
func (l *loaded) readLocks(f flags) {
	below, dir := l.facts.Below, os.DirFS(l.dir)
	file := l.config.Build.Requirements
	l.facts.Beside = map[string][]byte{}
	if file != "" {
		var err error
		if l.facts.Lock, err = fs.ReadFile(dir, file); err != nil {
			l.problem(path.Join(below, file), err)
		}
		switch config.RequirementsFormat(file) {
		case config.FormatRequirements:
			l.problems = append(l.problems, source.Requirements(path.Join(below, file), l.facts.Lock)...)
		case config.FormatUV:
			l.readBeside(path.Join(path.Dir(file), "pyproject.toml"))
		}
	}
	content, err := fs.ReadFile(dir, lock.File)
	switch {
	case f.update:
	case err == nil:
		locked, problems := lock.Parse(path.Join(below, lock.File), content)
		if !f.relock { // which mends it
			l.problems = append(l.problems, problems...)
		}
		if len(problems) == 0 {
			l.facts.Locked = &locked
		}
		l.readBeside(lock.Requirements)
	case !errors.Is(err, fs.ErrNotExist):
		l.problem(path.Join(below, lock.File), err)
	}
	if f.frozen && len(l.problems) == 0 {
		if stale := plan.StaleLock(l.config, l.facts); len(stale) > 0 {
			l.problems = append(l.problems, result.Problem{File: path.Join(below, lock.File), Message: plan.LockMessage(l.facts, stale)})
		}
	}
}

// readBeside reads a file that may be there.
func (l *loaded) readBeside(name string) {
	content, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(name)))
	switch {
	case err == nil:
		l.facts.Beside[name] = content
	case !errors.Is(err, fs.ErrNotExist):
		l.problem(path.Join(l.facts.Below, name), err)
	}
}

// lockedBase asks the registry for the base image: for the one that
// slipway.lock names, and not for what the tag means today.
func (l *loaded) lockedBase(ctx context.Context, platform string) (stage.Base, error) {
	ref := l.config.Build.Base
	locked := l.facts.Locked
	if locked == nil || locked.Base.Ref != ref || locked.Base.Digests[platform] == "" {
		return l.registry.Base(ctx, ref, platform)
	}
	base, err := l.registry.Base(ctx, withoutTag(ref)+"@"+locked.Base.Digests[platform], platform)
	if err != nil {
		var known *stage.Error
		if errors.As(err, &known) {
			known.Remedy = known.Remedy + "; " + lock.File + " names this digest, and `slipway lock --update` takes what " + ref + " is now"
		}
		return base, err
	}
	base.Ref = ref
	return base, nil
}

// withoutTag is the repository of a reference.
func withoutTag(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if colon := strings.LastIndexByte(ref, ':'); colon > strings.LastIndexByte(ref, '/') {
		ref = ref[:colon]
	}
	return ref
}
