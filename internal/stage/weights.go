package stage

// Fetched is a file of weights that was fetched, and is what its source is pinned to.
type Fetched struct {
	Path   string // relative to the source's place in the image; empty: the place itself
	Host   string // where it is on this machine
	SHA256 string // hex
	// Executable is true when the source says so of it.
	Executable bool
}
