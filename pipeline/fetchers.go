package main

import (
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/fetch"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/stage/image"
)

// fetchers are who gets weights, by the kind of their source. All keep what
// they got in one place: a file is there once, wherever it came from.
func (p program) fetchers(l loaded, index content.Index, note func(string)) map[config.WeightKind]image.Fetcher {
	cache := filepath.Join(l.cache, "weights")
	web := fetch.New(fetch.Options{Cache: cache, Index: index, Secrets: l.secrets, Hub: p.getenv("HF_ENDPOINT"), Note: note})
	return map[config.WeightKind]image.Fetcher{
		config.HTTPS:       web,
		config.HuggingFace: web,
		config.Artifact:    registry.Artifacts{Client: l.registry, Secrets: l.secrets, Cache: cache, Index: index, Note: note},
	}
}
