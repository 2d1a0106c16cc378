package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/engine"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/image"
)

// exportCache writes the cache of a Dockerfile build, when slipway.yaml names
// one and this run may write. It comes after everything else, because it would
// disturb what is measured; and it is not a stage, because a cache that cannot
// be written makes the next run slower and this one no worse: that is a warning.
func exportCache(ctx context.Context, t tools, run *stage.Run, watch stage.Watcher) {
	d := run.Plan.Dockerfile
	if d == nil || len(d.CacheTo) == 0 || run.Container == nil || ctx.Err() != nil {
		return
	}
	refs := strings.Join(d.CacheTo, ", ")
	if t.address.Session {
		run.Result.Warnings = append(run.Result.Warnings, "the build cache was not written to "+refs+": the session is that of `dagger run`, which has caches of its own")
		return
	}
	const name = "cache"
	watch.Started(name)
	started := time.Now()
	var builds []stage.Dockerfile
	for _, v := range run.Variants() {
		builds = append(builds, image.Dockerfile(run, v, t.probe(native)))
	}
	var err error
	for _, ref := range d.CacheTo {
		err = errors.Join(err, t.registry.Writable(ctx, ref)) // the engine would not say
	}
	if err == nil {
		_ = t.engine.Close() // nothing of this run is in it any more
		err = engine.ExportCache(ctx, t.address, engine.Cache{From: d.CacheFrom, To: d.CacheTo}, builds, t.log)
	}
	took := time.Since(started).Milliseconds()
	done := result.Stage{Name: name, Status: result.StagePassed, Started: &started, DurationMS: &took}
	if err != nil {
		warning := fmt.Sprintf("the build cache was not written to %s: %s; the next run on another engine builds everything again", refs, err)
		run.Result.Warnings = append(run.Result.Warnings, warning)
		done.Status, done.Reason = result.StageErrored, err.Error()
	}
	watch.Finished(done)
}
