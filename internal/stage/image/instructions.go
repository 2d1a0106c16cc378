package image

import (
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/result"
)

// describe says of a layer of a Dockerfile build what made it, and whether
// another build makes the same: the base's layers are pulled by digest, those of
// the build context have no times, and what a command leaves is its own business.
func describe(l *result.Layer, instruction string) {
	l.Kind = "dockerfile"
	l.Reproducible, l.Why = layer.Reproducible(instruction)
	if layer.OfBase(instruction) {
		l.Kind = string(layer.Base)
		return
	}
	l.Instruction = instruction
}

// builtOn is the base image of a Dockerfile build, named by reference@digest; nil when that is not known.
func builtOn(base string) *result.Base {
	ref, digest, ok := strings.Cut(base, "@")
	if !ok {
		return nil
	}
	return &result.Base{Ref: ref, Digest: digest}
}
