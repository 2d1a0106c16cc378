//go:build linux

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/slipway-dev/slipway/internal/layer"
)

// writeLayer writes a directory of the container as a layer, so that only the
// finished, compressed layer leaves the engine. What it is goes to OUT.json.
func writeLayer(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("probe layer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	from := flags.String("from", "", "directory to take")
	dest := flags.String("dest", "", "where it lies in the image")
	kind := flags.String("kind", string(layer.Deps), "kind of the layer")
	out := flags.String("out", "", "archive to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	entries, err := layer.FromDir(*from, *dest)
	if err != nil {
		return fmt.Errorf("reading %s: %w", *from, err)
	}
	made, err := layer.WriteArchive(*out, layer.Kind(*kind), entries, layer.Options{})
	if err != nil {
		return err
	}
	if made.Packages, err = layer.Packages(entries); err != nil {
		return err
	}
	record, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return os.WriteFile(*out+".json", record, 0o644)
}
