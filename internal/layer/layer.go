// Package layer holds the layers that an image is assembled from: the value,
// the deterministic writer, and the local store that keeps finished ones.
package layer

// Kind says what a layer holds, and so how often it changes.
type Kind string

// The kinds, in the order in which they lie in an image: what changes least is lowest.
const (
	Base    Kind = "base"
	Deps    Kind = "deps"
	Weights Kind = "weights"
	Code    Kind = "code"
)

// Layer is one layer of an image. Digests are "sha256:<hex>"
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md).
type Layer struct {
	Kind Kind `json:"kind"`
	// DiffID names the uncompressed tar, Digest the bytes as they are stored and pulled.
	DiffID    string `json:"diff_id"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"` // compressed, in bytes
	MediaType string `json:"media_type"`
	// Archive is the path of an OCI archive (a tar of an image layout) that
	// holds this layer alone, which is what an engine can import; the
	// compressed blob itself is Size bytes at Offset in it. Empty for layers
	// that are only in a registry, such as the base's.
	Archive string `json:"archive,omitempty"`
	Offset  int64  `json:"offset,omitempty"`
	// CreatedBy says what made the layer, where the image's history does.
	CreatedBy string `json:"created_by,omitempty"`
	// From is the registry that it was pulled from; empty for what this machine made.
	From string `json:"from,omitempty"`
	// Packages are what a dependency layer installs, sorted by name.
	Packages []Package `json:"packages,omitempty"`
}

// Package is one installed Python distribution.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Config is the part of an image's configuration that a run decides
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md).
type Config struct {
	Env        []string          `json:"env,omitempty"` // "KEY=value", in order
	Entrypoint []string          `json:"entrypoint,omitempty"`
	Cmd        []string          `json:"cmd,omitempty"`
	WorkingDir string            `json:"working_dir,omitempty"`
	User       string            `json:"user,omitempty"`
	Ports      []int             `json:"ports,omitempty"` // TCP
	Labels     map[string]string `json:"labels,omitempty"`
}

// Command is what a container of this image starts: entrypoint, then command.
func (c Config) Command() []string {
	return append(append([]string{}, c.Entrypoint...), c.Cmd...)
}
