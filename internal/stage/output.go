package stage

import (
	"fmt"
	"io"
	"os"
)

// maxOutput bounds a file that a container left behind, in bytes.
const maxOutput = 64 << 20

// ReadOutput reads a file that a command left in its output directory. The
// model's code could write there too: a link is not followed out of the
// directory, and nothing without an end is read.
func ReadOutput(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // read only
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxOutput {
		return nil, fmt.Errorf("%s is no file of at most %d MB", name, maxOutput>>20)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return io.ReadAll(io.LimitReader(f, maxOutput))
}
