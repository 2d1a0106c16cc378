package stage

import (
	"context"
	_ "embed"
	"errors"
	"path"

	"github.com/slipway-dev/slipway/internal/result"
)

// packagesDir is where packages that only one command needs are mounted.
const packagesDir = "/slipway/packages"

//go:embed beside.py
var besideScript []byte

// Beside are packages for one command that the image lacks: for its tests, or
// for training. They are added to what the image has, never put over it.
type Beside struct {
	What         string    // "the test packages"
	Installed    Container // whose packages are constraints; best below the code layer, so that a code change does not install again
	Pip          Container // to fetch uv with
	File         string    // the requirements file as problems name it
	Requirements []byte    // its content
	Run          *Run      // whose package indexes are asked
}

// Install installs the packages and mounts them for the command.
func (b Beside) Install(ctx context.Context, exec *Exec) error {
	uv, err := UV(ctx, b.Pip, b.File)
	if err != nil {
		return err
	}
	install := Exec{
		Args: []string{"python", "/slipway/beside.py"},
		User: "root",
		Files: map[string]File{
			"/slipway/installer.py":     {Content: Installer},
			"/slipway/beside.py":        {Content: besideScript},
			"/slipway/requirements.txt": {Content: b.Requirements},
		},
		Mounts: map[string]Directory{UVDir: uv},
		Keep:   packagesDir,
	}
	install.AddIndexes(b.Run)
	out, err := b.Installed.Exec(ctx, install)
	var exit *ExitError
	if errors.As(err, &exit) {
		if exit.Code == 1 {
			return &Invalid{Problem: result.Problem{File: b.File, Message: b.What + " do not go together with what the image holds: " + Tail(exit.Stderr, 8)}}
		}
		return &Error{What: b.What + " could not be installed: " + LastLine(exit.Stderr), Where: b.File, Remedy: "look at the network between the engine and the package index, and at the disk of the engine's machine, then run again", Err: err}
	}
	if err != nil {
		return err
	}
	if exec.Mounts == nil {
		exec.Mounts = map[string]Directory{}
	}
	exec.Mounts[packagesDir] = out.Kept
	exec.Env["SLIPWAY_PATH"] += ":" + packagesDir + "/bin" // `pytest` as well as `python -m pytest`; last, so that it hides nothing
	// addsitedir appends: what ships is always found first. PYTHONPATH would put
	// these packages in front of it (https://docs.python.org/3/library/site.html).
	exec.Files[path.Join(LastLine(out.Stdout), "zz-slipway.pth")] = File{
		Content: []byte("import site; site.addsitedir('" + packagesDir + "')\n"),
	}
	return nil
}
