//go:build linux

package probe

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/protocol"
)

func writeJSON(file string, v any) error {
	return writeFile(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(v) })
}

// writeObservations encodes one answer after the other: encoding/json has all
// of a value's JSON in memory before it writes any of it.
func writeObservations(file string, o protocol.Observations) error {
	rest, err := json.Marshal(struct {
		protocol.Observations
		Answers *struct{} `json:"answers,omitempty"` // hides that of Observations
	}{Observations: o})
	if err != nil {
		return err
	}
	return writeFile(file, func(w io.Writer) error {
		b := bufio.NewWriter(w) // keeps an error until Flush
		e := json.NewEncoder(b)
		_, _ = b.WriteString(`{"answers":[`)
		for n, a := range o.Answers {
			if n > 0 {
				_ = b.WriteByte(',')
			}
			if err := e.Encode(a); err != nil {
				return err
			}
		}
		_, _ = b.WriteString("],")
		_, _ = b.Write(rest[1:])
		return b.Flush()
	})
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
