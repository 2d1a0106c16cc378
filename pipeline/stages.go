package main

import (
	"io"
	"path/filepath"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/engine"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/attach"
	"github.com/slipway-dev/slipway/internal/stage/deps"
	"github.com/slipway-dev/slipway/internal/stage/gate"
	"github.com/slipway-dev/slipway/internal/stage/image"
	"github.com/slipway-dev/slipway/internal/stage/publish"
	"github.com/slipway-dev/slipway/internal/stage/smoke"
	"github.com/slipway-dev/slipway/internal/stage/suite"
	"github.com/slipway-dev/slipway/internal/stage/train"
)

// tools are what the stages work with.
type tools struct {
	engine   *engine.Engine
	address  engine.Address
	log      io.Writer // of the engine
	registry *registry.Client
	store    layer.Store
	fetchers map[config.WeightKind]image.Fetcher // who gets weights, by the kind of their source
	probes   map[string]string                   // paths of the helper binaries, by platform
	platform string                              // what is tried in full
	scratch  string                              // a directory of this run, removed after it
	out      string                              // the directory of the result
	cache    string                              // ours, kept from run to run
	frozen   bool                                // what is locked may not come out otherwise
	nonce    string                              // this run and no other
	signer   attach.Signer                       // nil: nobody signs
	origin   attach.Origin                       // where this run comes from
}

// probe is the path of the helper binary for a platform.
func (t tools) probe(platform string) string { return t.probes[platform] }

// deps is the stage that makes the dependency layer, or finds it.
func (t tools) deps() deps.Stage {
	return deps.Stage{
		Composer: t.engine, Store: t.store, Shelf: t.registry, Probe: t.probe(native), Frozen: t.frozen,
		Resolved: filepath.Join(t.cache, "resolved"), Day: time.Now().UTC().Format(time.DateOnly),
	}
}

// train is the stage that makes weights, or finds them.
func (t tools) train() train.Stage {
	return train.Stage{Engine: t.engine, Store: t.store, Shelf: t.registry, Probe: t.probe(t.platform), Nonce: t.nonce}
}

// image is the stage that makes the image.
func (t tools) image() image.Stage {
	return image.Stage{
		Builder: t.engine, Assembler: t.registry, Store: t.store, Fetchers: t.fetchers, Scratch: t.scratch, Probe: t.probe(native),
	}
}

// stages is what a run does, in order.
func stages(t tools) []stage.Stage {
	documents := &attach.Documents{Looker: t.engine, Probe: t.probe(native), Origin: t.origin, Signer: t.signer}
	shipping := &publish.Stage{Publisher: t.registry, Documents: documents}
	return []stage.Stage{
		// the dependencies as one layer, looked up before made: they change least and cost most
		{Name: "deps", Run: t.deps().Run},
		// the model's own training in those dependencies, unless what it writes is known; its outputs are weights
		{Name: "train", Run: t.train().Run},
		// weights and code on top of them, composed in the engine; or the user's own Dockerfile. Its bytes begin to go to
		// the registry, where nothing names them
		{
			Name: "image", Beside: shipping.Beside,
			Run: t.image().Run,
		},
		// the model's own tests, in exactly that image
		{Name: "test", Check: true, Run: suite.Stage{Composer: t.engine, Probe: t.probe(t.platform), Scratch: t.scratch, Nonce: t.nonce}.Run},
		// the image's own server, asked for predictions that were recorded before
		{Name: "smoke", Check: true, Run: smoke.Stage{Probe: t.probe(t.platform), Others: t.probe, Scratch: t.scratch, Out: t.out, Nonce: t.nonce}.Run},
		// the model's metrics, held against what was set for them
		{Name: "gate", Check: true, Run: gate.Stage{}.Run},
		// and only when all of that passed: what is left of the bytes, manifest, the documents about it, tags
		{Name: "publish", Run: shipping.Run},
	}
}
