package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/engine"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/secret"
	"github.com/slipway-dev/slipway/internal/source"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/attach"
)

// loaded is everything that is known without an engine or a network.
type loaded struct {
	dir     string // of the model, absolute
	asked   string // what is asked when nothing is built from dir
	top     string // of its repository, absolute; problems name files relative to it
	out     string // where the result goes, absolute; empty: nowhere
	cache   string // ours, under the user's cache directory
	config  config.Config
	secrets secret.Set
	// platforms are what the image is for, the one that is tried in full first.
	platforms []string
	event     event.Event
	git       git
	facts     plan.Facts
	runner    engine.Runner
	registry  *registry.Client
	signer    attach.Signer    // nil: nobody signs
	problems  []result.Problem // the user's to correct
	err       error            // of this machine: neither the model's fault nor the configuration's
}

// load reads the model's directory, the event and this machine's settings, and
// collects every problem they have.
func (p program) load(j job) loaded {
	dir, f := j.dir, j.flags
	l := loaded{dir: absolute(dir), asked: j.asked}
	l.top = source.Top(l.dir)
	l.config, l.problems = j.load(l.dir, l.top)
	l.secrets = p.takeSecrets(l.config)
	for n, x := range l.problems {
		if x.File == "." { // the directory itself: name it as it was typed
			l.problems[n].File = dir
		}
	}
	name := l.config.Model
	if name == "" {
		name = filepath.Base(l.dir)
	}
	switch {
	case f.out != "":
		l.out = absolute(f.out)
	case !j.unwritten:
		l.out = absolute(filepath.Join("dist", name+j.suffix))
	}
	l.problems = append(l.problems, checkFlags(f)...)
	l.platforms = platforms(f, l.config)

	var err error
	if l.event, err = event.Parse(p.getenv, os.ReadFile); err != nil {
		l.problem("", err)
	}
	l.git = readGit(l.dir)
	if l.event.Repository == "" { // a laptop's image says where it comes from as CI's does: it is in the digest
		l.event.Repository, l.event.ServerURL = l.git.name, l.git.server
	}
	if l.cache, l.err = p.cacheDir(); l.err == nil {
		l.runner, l.err = engine.ReadRunner(p.configDir())
	}
	l.registry = registry.New(registry.Options{
		Mirrors:  l.runner.Mirrors,
		Cache:    filepath.Join(l.cache, "blobs"),
		Username: p.getenv("SLIPWAY_REGISTRY_USERNAME"), Password: p.getenv("SLIPWAY_REGISTRY_PASSWORD"),
	})
	if (p.getenv("SLIPWAY_REGISTRY_USERNAME") == "") != (p.getenv("SLIPWAY_REGISTRY_PASSWORD") == "") {
		l.problems = append(l.problems, result.Problem{Message: "one of SLIPWAY_REGISTRY_USERNAME and SLIPWAY_REGISTRY_PASSWORD is set without the other"})
	}
	l.readSigner(p.getenv("SLIPWAY_SIGNING_KEY"))
	if len(l.problems) == 0 && l.asked == "" {
		l.scan(f)
	}
	return l
}

// scan sorts the model's files by what they are for.
func (l *loaded) scan(f flags) {
	below, err := filepath.Rel(l.top, l.dir)
	if err != nil {
		l.problem(l.dir, err)
		return
	}
	options := source.Options{
		Dir: filepath.ToSlash(below), Files: l.config.Build.Files, Weights: config.Local(l.config.Weights), Cases: caseFiles(l.config), Leave: l.written(l.dir, f),
	}
	if t := l.config.Train; t != nil {
		options.Inputs, options.Outputs = t.Inputs, t.Outputs
	}
	tree, err := source.Scan(os.DirFS(l.top), options)
	if err != nil {
		l.problem(l.dir, err)
		return
	}
	l.problems = append(l.problems, tree.Problems...)
	l.facts = plan.Facts{
		Dir: l.dir, Below: filepath.ToSlash(below), Platform: l.platforms[0], Out: l.out, Publish: f.publish, Tags: f.tags, Fresh: f.fresh,
		Code: source.Paths(tree.Code), Weights: source.Paths(tree.Weights), Tests: source.Paths(tree.Tests), Inputs: source.Paths(tree.Inputs),
		Written: l.written(l.dir, f), InContext: l.written(filepath.Join(l.dir, l.config.Build.Context), f), Head: l.git.commit, Platforms: l.platforms, UV: stage.UVVersion(),
	}
	if l.config.Build.Dockerfile != "" {
		l.scanContext()
	}
	for _, w := range tree.Weights {
		if w.Object != "" {
			if l.facts.Objects == nil {
				l.facts.Objects = map[string]plan.Object{}
			}
			l.facts.Objects[w.Path] = plan.Object{Host: filepath.Join(l.top, filepath.FromSlash(w.Object)), SHA256: w.SHA256}
		}
	}
	if l.config.Build.Dockerfile == "" {
		l.readLocks(f)
	}
}

// scanContext looks at what a Dockerfile build copies from.
func (l *loaded) scanContext() {
	context := filepath.Join(l.dir, filepath.FromSlash(l.config.Build.Context))
	dockerfile, err := filepath.Rel(context, filepath.Join(l.dir, filepath.FromSlash(l.config.Build.Dockerfile)))
	var found source.Context
	if err == nil {
		found, err = source.ScanContext(os.DirFS(context), filepath.ToSlash(dockerfile))
	}
	if err != nil {
		l.problem(context, err)
	}
	l.facts.Ignored, l.facts.OtherModes = found.Ignored, found.OtherModes
}

// written are the places inside a directory that this run writes to, relative to it.
func (l *loaded) written(dir string, f flags) []string {
	places := []string{l.out}
	for _, to := range []string{f.publish, l.config.Publish.Image} {
		if dir, ok := strings.CutPrefix(to, "oci:"); ok {
			places = append(places, absolute(dir))
		}
	}
	var inside []string
	for _, place := range places {
		switch rel, err := filepath.Rel(dir, place); {
		case err != nil || !filepath.IsLocal(rel):
		case rel == ".":
			inside = append(inside, "result.json", "report.md", "engine.log")
		default:
			inside = append(inside, filepath.ToSlash(rel))
		}
	}
	return inside
}

func caseFiles(c config.Config) []string {
	var files []string
	for _, x := range c.Smoke.Cases {
		files = append(files, x.File)
	}
	return files
}

// base asks the registry what the base image is on a platform, or the image that is asked; nil for Dockerfile builds.
func (l *loaded) base(ctx context.Context, platform, scratch string) (*stage.Base, error) {
	var base stage.Base
	var err error
	dir, local := strings.CutPrefix(l.asked, "oci:")
	switch {
	case local:
		base, err = l.registry.Layout(dir, platform, filepath.Join(scratch, "asked.tar"))
	case l.asked != "":
		base, err = l.registry.Image(ctx, l.asked, platform)
	case l.config.Build.Dockerfile != "":
		return nil, nil
	default:
		base, err = l.lockedBase(ctx, platform)
	}
	if err != nil {
		return nil, err
	}
	return &base, nil
}

func (l *loaded) problem(file string, err error) {
	l.problems = append(l.problems, result.Problem{File: file, Message: err.Error()})
}

// result is the run's record as far as it is known before anything runs.
func (l *loaded) result(started time.Time) *result.Result {
	model := l.config.Model
	if model == "" {
		model = filepath.Base(l.dir)
	}
	commit := l.event.Commit
	if commit == "" {
		commit = l.git.commit
	}
	res := &result.Result{
		Schema: result.Schema, Model: model,
		Run: result.Run{ID: l.event.RunID, Attempt: l.event.Attempt, URL: l.event.RunURL, Started: started.UTC()},
		Ref: l.event.Ref, Commit: commit, Tree: l.git.tree, Event: l.event.Name,
		Host: result.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpuModel(), Cores: runtime.NumCPU()},
	}
	if res.Ref == "" {
		res.Ref = l.git.ref
	}
	if changed := l.uncommitted(); len(changed) > 0 {
		res.Warnings = append(res.Warnings, "not committed, and so in the image but not in the commit that this result names: "+some(changed))
	}
	return res
}

// uncommitted are the files of the image that are not as in the commit. Which
// files a Dockerfile copies only it knows.
func (l *loaded) uncommitted() []string {
	if l.asked != "" {
		return nil
	}
	inImage := append(slices.Concat(l.facts.Code, l.facts.Weights, l.facts.Inputs), l.config.Build.Requirements)
	return slices.DeleteFunc(slices.Clone(l.git.changed), func(file string) bool {
		if l.config.Build.Dockerfile != "" {
			written := slices.ContainsFunc(l.facts.Written, func(place string) bool { return file == place || strings.HasPrefix(file, place+"/") })
			return written || slices.Contains(caseFiles(l.config), file)
		}
		return !slices.Contains(inImage, file)
	})
}

// some names the first of many.
func some(files []string) string {
	const most = 5
	if len(files) > most {
		return strings.Join(files[:most], ", ") + fmt.Sprintf(" and %d more", len(files)-most)
	}
	return strings.Join(files, ", ")
}

// checkFlags finds mistakes of the command line that are not the parser's.
func checkFlags(f flags) []result.Problem {
	var problems []result.Problem
	for _, platform := range f.platforms {
		if err := config.CheckPlatform(platform); err != nil {
			problems = append(problems, result.Problem{File: "--platform", Message: err.Error()})
		}
	}
	if f.publish != "" && f.publish != "none" {
		if err := config.CheckDestination(f.publish); err != nil {
			problems = append(problems, result.Problem{File: "--publish", Message: err.Error()})
		}
	}
	if f.timeout < 0 {
		problems = append(problems, result.Problem{File: "--timeout", Message: fmt.Sprintf("%s is in the past", f.timeout)})
	}
	for _, t := range f.tags {
		if err := config.CheckTag(t); err != nil {
			problems = append(problems, result.Problem{File: "--tag", Message: err.Error()})
		}
	}
	return problems
}

// cacheDir is $XDG_CACHE_HOME/slipway, or ~/.cache/slipway
// (https://specifications.freedesktop.org/basedir-spec/latest/).
func (p program) cacheDir() (string, error) {
	dir := p.getenv("XDG_CACHE_HOME")
	if dir == "" {
		dir = filepath.Join(p.getenv("HOME"), ".cache")
	}
	dir = filepath.Join(dir, "slipway")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", &stage.Error{What: "the cache directory could not be made: " + err.Error(), Where: dir, Remedy: "name another with XDG_CACHE_HOME", Err: err}
	}
	return dir, nil
}

func (p program) configDir() string {
	if dir := p.getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	return filepath.Join(p.getenv("HOME"), ".config")
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil { // only when the working directory is gone
		return path
	}
	return abs
}
