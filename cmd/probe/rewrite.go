//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/source"
)

// rewriteImage takes the times out of a built image, inside the engine: only
// what is published crosses the session. It prints the image that it stands on.
func rewriteImage(args []string, stdout io.Writer) error {
	if len(args) != 3 {
		return errors.New("rewrite takes three paths: what made the layers, the archive to read and the one to write")
	}
	data, err := os.ReadFile(args[0]) //nolint:gosec // what slipway names, in a container of ours
	if err != nil {
		return err
	}
	var made layer.Made
	if err := json.Unmarshal(data, &made); err != nil {
		return err
	}
	base, err := layer.Rewrite(args[1], args[2], made)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, base)
	return err
}

// gitModes gives files and directories the modes that git knows.
func gitModes(args []string) error {
	if len(args) != 1 {
		return errors.New("modes takes one path: the directory to change")
	}
	root, err := os.OpenRoot(args[0])
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // read only
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&^fs.ModeDir != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if want := source.GitMode(info.Mode()); info.Mode() != want {
			return root.Chmod(path, want.Perm())
		}
		return nil
	})
}
