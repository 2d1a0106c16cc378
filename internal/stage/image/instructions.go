package image

import (
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/result"
)

// describe says of a layer of a Dockerfile build what made it, and whether
// another build makes the same: the base's layers are pulled by digest, those of
// the build context have no times, and what a command leaves is its own business.
func describe(l *result.Layer, instruction string) {
	l.Kind = "dockerfile"
	l.Reproducible, l.Why = layer.Reproducible(instruction)
	if _, _, base := layer.PulledFrom(instruction); base {
		l.Kind = string(layer.Base)
		return
	}
	l.Instruction = instruction
}

// pulledBase is the base image that the engine pulled for a Dockerfile build; nil for one from scratch.
func pulledBase(layers []layer.Layer) *result.Base {
	if len(layers) == 0 {
		return nil
	}
	ref, digest, ok := layer.PulledFrom(layers[0].CreatedBy)
	if !ok {
		return nil
	}
	return &result.Base{Ref: ref, Digest: digest}
}
