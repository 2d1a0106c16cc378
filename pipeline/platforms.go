package main

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// native is the platform that the engine runs without emulation. It is taken
// for this machine's: an engine elsewhere is of the same kind as a rule.
const native = "linux/" + runtime.GOARCH

// platforms are what the image is for: the command line's word, else
// slipway.yaml's. The one that is tried in full comes first: it is the native
// one where the image is for that.
func platforms(f flags, c config.Config) []string {
	all := f.platforms
	if len(all) == 0 {
		all = c.Build.Platforms
	}
	if len(all) == 0 {
		all = []string{config.DefaultPlatform}
	}
	var out []string
	for _, p := range all {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if n := slices.Index(out, native); n > 0 {
		out[0], out[n] = out[n], out[0]
	}
	return out
}

// bases are the base images by platform, in the order of the platforms.
type bases struct {
	platforms []string
	of        map[string]*stage.Base // nil for a Dockerfile build
}

// bases looks all of them up at once. Packages for another platform are
// installed in the native one, so that is needed too.
func (l *loaded) bases(ctx context.Context, scratch string) (bases, error) {
	found := bases{l.platforms, map[string]*stage.Base{}}
	wanted := l.platforms
	if l.asked == "" && !slices.Contains(wanted, native) {
		wanted = append(slices.Clone(wanted), native)
	}
	each := make([]*stage.Base, len(wanted))
	var group errgroup.Group
	for n, platform := range wanted {
		group.Go(func() (err error) { each[n], err = l.base(ctx, platform, scratch); return err })
	}
	err := group.Wait()
	for n, platform := range wanted {
		found.of[platform] = each[n]
	}
	return found, err
}

// facts are what a plan needs to know of them.
func (b bases) facts() (first *plan.BaseFacts, others []plan.BaseFacts) {
	for n, platform := range b.platforms {
		facts := plan.BaseFacts{Platform: platform}
		base := b.of[platform]
		if base != nil {
			facts.Ref, facts.Digest, facts.Config = base.Ref, base.Digest, base.Config
		}
		switch {
		case n > 0:
			others = append(others, facts)
		case base != nil:
			first = &facts
		}
	}
	return first, others
}

// into gives the run its bases.
func (b bases) into(run *stage.Run) {
	run.Image.Base, run.Native = b.of[b.platforms[0]], b.of[native]
	if base := run.Image.Base; base != nil {
		run.Result.Base = &result.Base{Ref: base.Ref, Digest: base.Digest}
	}
	for _, platform := range b.platforms[1:] {
		run.Others = append(run.Others, &stage.Variant{Image: stage.Image{Platform: platform, Base: b.of[platform]}})
	}
}

// findProbes finds the probe for each platform, and the native one.
func findProbes(ctx context.Context, named, cache string, platforms []string) (map[string]string, error) {
	found := map[string]string{}
	for _, platform := range append([]string{native}, platforms...) {
		if _, ok := found[platform]; ok {
			continue
		}
		given := ""
		if platform == platforms[0] {
			given = named
		}
		path, err := findProbe(ctx, given, cache, platform)
		if err != nil {
			return nil, err
		}
		found[platform] = path
	}
	return found, nil
}
