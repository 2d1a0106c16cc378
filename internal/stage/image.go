package stage

import (
	"context"
	"time"

	"github.com/slipway-dev/slipway/internal/layer"
)

// Base is the image that a python build stands on, as a registry knows it.
type Base struct {
	Ref      string // as it was asked for: "python:3.11-slim"
	Digest   string // of the platform's manifest
	Platform string // "linux/amd64"
	Config   layer.Config
	Layers   []layer.Layer // bottom first
}

// Image is what a run builds, for one platform. A python build is a base with
// our layers on it; a Dockerfile build is an archive that the engine wrote.
type Image struct {
	Platform string
	Base     *Base
	Layers   []layer.Layer // ours, above the base's, bottom first
	Config   layer.Config
	// Archive is the path of the image as an archive; set by Dockerfile builds instead of Base and Layers.
	Archive string
}

// Manifest is what the image's manifest says of it.
type Manifest struct {
	Digest string // of the manifest
	Size   int64  // of all layers together, compressed, in bytes
	Layers []layer.Layer
}

// Container is an image in the engine: something to run commands in.
type Container interface {
	// Exec runs one command and returns what it left in Exec.Output. A command
	// that exits with a code other than 0 is an *ExitError; any other error
	// means that the engine could not run it.
	Exec(ctx context.Context, e Exec) (Output, error)
	// Config is the image's own configuration.
	Config() layer.Config
}

// Exec is one command in a container. Nothing is answered from a cache when Fresh is set.
type Exec struct {
	// Args replaces entrypoint and command.
	Args []string
	Env  map[string]string
	// Files are mounted before the command runs: absolute path to what is there.
	Files map[string]File
	// Trees are directories of the host, laid over the container's own.
	Trees []Tree
	// Output is an absolute directory that the command may write to whatever its user, and that is returned.
	Output string
	Fresh  bool
	// Timeout bounds the command; 0 means no bound of its own.
	Timeout time.Duration
}

// File is one file put into a container: its content, or the host file that has it.
type File struct {
	Content    []byte
	Host       string
	Executable bool
}

// Tree is a part of a host directory, laid over Path in the container.
type Tree struct {
	Host    string   // absolute
	Include []string // paths relative to Host; all of it when empty
	Path    string   // absolute, in the container
}

// Output is what a command left behind.
type Output struct {
	Stdout, Stderr string
	// Files are the contents of Exec.Output by relative path.
	Files map[string][]byte
}
