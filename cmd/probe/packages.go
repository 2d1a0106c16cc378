//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/slipway-dev/slipway/internal/inventory"
)

// listPackages prints what is installed below a directory. A link that leads
// out of it is not followed.
func listPackages(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: probe packages DIR")
	}
	root, err := os.OpenRoot(args[0])
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // read only
	found, err := inventory.Find(root.FS())
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(found)
}
