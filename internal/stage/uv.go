package stage

import (
	"context"
	_ "embed"
	"errors"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// UVDir is where the directory that UV returns is to be mounted.
const UVDir = "/slipway/uv"

//go:embed uv.txt
var uvRequirements []byte

//go:embed uv.py
var uvScript []byte

// UV fetches uv, pinned by hash, with the pip of a container that has one. It
// is its own step so that the engine keeps it whatever is installed with it.
func UV(ctx context.Context, c Container) (Directory, error) {
	out, err := c.Exec(ctx, Exec{
		Args: []string{"python", "/slipway/uv.py"},
		User: "root",
		Files: map[string]File{
			"/slipway/uv.py":  {Content: uvScript},
			"/slipway/uv.txt": {Content: uvRequirements},
		},
		Keep: UVDir,
	})
	var exit *ExitError
	if errors.As(err, &exit) && (strings.Contains(exit.Stderr, "No module named pip") || strings.Contains(exit.Stderr, "not found") && exit.Stdout == "" && strings.Contains(exit.Stderr, `"python"`)) {
		return nil, &Invalid{result.Problem{Message: "packages are required, and the image has no python with pip to install them with: " + LastLine(exit.Stderr)}}
	}
	if errors.As(err, &exit) {
		return nil, &Error{
			What:   "uv could not be fetched: " + LastLine(exit.Stderr),
			Where:  "pip in the image",
			Remedy: "the image needs python with pip, and the engine a way to a package index",
			Err:    err,
		}
	}
	return out.Kept, err
}
