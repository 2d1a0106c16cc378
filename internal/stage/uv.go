package stage

import (
	"context"
	_ "embed"
	"errors"
	"regexp"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// UVDir is where the directory that UV returns is to be mounted.
const UVDir = "/slipway/uv"

// withoutPip matches what the engine says where there is no python, and python where there is no pip.
var withoutPip = regexp.MustCompile(`exec: "python": |No module named pip`)

//go:embed uv.txt
var uvRequirements []byte

// Installer is the Python module through which scripts call uv; it lies beside them.
//
//go:embed installer.py
var Installer []byte

//go:embed uv.py
var uvScript []byte

// UV fetches uv, pinned by hash, with the pip of a container that has one. It
// is its own step so that the engine keeps it whatever is installed with it.
// file is what asks for packages, to be named where the container cannot have any.
func UV(ctx context.Context, c Container, file string) (Directory, error) {
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
	switch {
	case errors.As(err, &exit) && withoutPip.MatchString(exit.Stderr):
		return nil, &Invalid{result.Problem{File: file, Message: "requires packages, and the image has no python with pip to install them with: " + LastLine(exit.Stderr)}}
	case exit != nil:
		return nil, &Error{
			What:   "uv could not be fetched: " + LastLine(exit.Stderr),
			Where:  "pip in the image",
			Remedy: "the image needs python with pip, and the engine a way to a package index",
			Err:    err,
		}
	}
	return out.Kept, err
}

// UVVersion is the version of uv that is fetched.
func UVVersion() string {
	_, version, _ := strings.Cut(string(uvRequirements), "\nuv==")
	version, _, _ = strings.Cut(version, " ")
	return version
}
