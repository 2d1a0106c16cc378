//go:build linux

package main

import (
	"errors"

	"github.com/slipway-dev/slipway/internal/layer"
)

// rewriteImage takes the times out of a built image, inside the engine: only
// what is published crosses the session.
func rewriteImage(args []string) error {
	if len(args) != 2 {
		return errors.New("rewrite takes two paths: the archive to read and the one to write")
	}
	return layer.Rewrite(args[0], args[1])
}
