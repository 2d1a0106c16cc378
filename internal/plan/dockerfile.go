package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
)

// Dockerfile is a build by the engine.
type Dockerfile struct {
	Path    string // of the Dockerfile, relative to the model directory
	Context string // relative to the model directory
	File    string // of the Dockerfile, relative to the context
	Target  string
	Exclude []string // what no build context needs, relative to the context
	// Modes is true when the modes of the context's files have to be made those of git.
	Modes   bool
	From    string   // the image that it stands on, as the Dockerfile names it
	Steps   []string // its instructions that make a layer, bottom first
	Args    map[string]string
	Secrets []config.SecretMount
	// CacheFrom and CacheTo are references of registry caches: read before the
	// build, written after it.
	CacheFrom, CacheTo []string
	// NoCacheTo says why a cache that slipway.yaml names is not written.
	NoCacheTo string
}

func dockerfile(c config.Config, f Facts, to Publish) *Dockerfile {
	b := c.Build
	d := &Dockerfile{
		Path: b.Dockerfile, Context: b.Context, Target: b.Target, Args: b.Args, Secrets: b.Secrets, CacheFrom: b.CacheFrom,
		// What git and we leave beside the model: with it, each commit and each run would change `ADD .`.
		Exclude: slices.Concat(f.Ignored, []string{".git"}, f.InContext),
		File:    b.Dockerfile, Modes: f.OtherModes, From: b.From, Steps: b.Steps,
	}
	if rel, err := filepath.Rel(path.Join(f.Dir, b.Context), path.Join(f.Dir, b.Dockerfile)); err == nil {
		d.File = filepath.ToSlash(rel)
	}
	if len(b.CacheTo) > 0 && to.To == "" {
		d.NoCacheTo = to.Why // a run that must not write an image writes no cache either
	} else {
		d.CacheTo = b.CacheTo
	}
	return d
}

// caches says what becomes of the build's caches, for the plan's line of the image.
func (d Dockerfile) caches() string {
	var out []string
	if len(d.CacheFrom) > 0 {
		out = append(out, "taking steps from "+strings.Join(d.CacheFrom, ", "))
	}
	switch {
	case d.NoCacheTo != "":
		out = append(out, "writing no cache: "+d.NoCacheTo)
	case len(d.CacheTo) > 0:
		out = append(out, "and at the end writing its cache to "+strings.Join(d.CacheTo, ", "))
	}
	if len(out) == 0 {
		return ""
	}
	return ", " + strings.Join(out, ", ")
}
