//go:build linux

package probe

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// writeJSON holds all of the JSON in memory before it writes any of it, as
// encoding/json does: the bodies in the observations are bounded together.
func writeJSON(file string, v any) error {
	return writeFile(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// writeFile writes a file that is either not there or complete. Anyone may
// read it: the host does, under another user than the image's.
func writeFile(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".probe-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = write(f)
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
