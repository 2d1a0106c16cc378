package layer

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Store keeps finished layers on disk, each in a directory of its own: an
// engine loads it by itself, and a change in one does not touch the others.
type Store struct{ Dir string }

const (
	archiveName = "layer.tar"
	recordName  = "layer.json"
)

// Get finds the layer with this key. A layer whose bytes are not what its
// record says is removed and not returned; why says so.
func (s Store) Get(key string) (l Layer, ok bool, why string, err error) {
	dir := filepath.Join(s.Dir, key)
	data, err := os.ReadFile(filepath.Join(dir, recordName))
	if errors.Is(err, fs.ErrNotExist) {
		return Layer{}, false, "", nil
	}
	if err != nil {
		return Layer{}, false, "", fmt.Errorf("looking a layer up: %w", err)
	}
	if err := json.Unmarshal(data, &l); err != nil {
		why = "its record is damaged"
	} else {
		l.Archive = filepath.Join(dir, archiveName)
		why = l.verify()
	}
	if why == "" {
		return l, true, "", nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return Layer{}, false, why, fmt.Errorf("removing a damaged layer: %w", err)
	}
	return Layer{}, false, why, nil
}

// verify says what is wrong with the stored bytes; empty when they are what was recorded.
func (l Layer) verify() string {
	blob, err := l.Open()
	if err != nil {
		return "its archive is gone"
	}
	defer blob.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, blob); err != nil || sum(h) != l.Digest {
		return "its bytes are not the recorded ones"
	}
	return ""
}

// Put has a layer made and keeps it under key. The layer appears whole or not
// at all, also when two processes make the same one.
func (s Store) Put(key string, makeAt func(path string) (Layer, error)) (Layer, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return Layer{}, fmt.Errorf("making the layer store: %w", err)
	}
	dir, err := os.MkdirTemp(s.Dir, "new-*")
	if err != nil {
		return Layer{}, fmt.Errorf("making room in the layer store: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // renamed away when all went well
	l, err := makeAt(filepath.Join(dir, archiveName))
	if err != nil {
		return Layer{}, err
	}
	l.Archive = ""
	record, err := json.Marshal(l)
	if err != nil {
		return Layer{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, recordName), record, 0o644); err != nil {
		return Layer{}, fmt.Errorf("keeping a layer: %w", err)
	}
	final := filepath.Join(s.Dir, key)
	l.Archive = filepath.Join(final, archiveName)
	if err := os.Rename(dir, final); err == nil {
		return l, nil
	}
	// Something lies there: what another process finished first is as good, anything else is replaced.
	if other, ok, _, err := s.Get(key); err == nil && ok && other.Digest == l.Digest {
		return other, nil
	}
	if err := os.RemoveAll(final); err != nil {
		return Layer{}, fmt.Errorf("replacing a layer: %w", err)
	}
	if err := os.Rename(dir, final); err != nil {
		return Layer{}, fmt.Errorf("keeping a layer: %w", err)
	}
	return l, nil
}

// Write writes a layer of the host's files and keeps it under what it holds.
func (s Store) Write(kind Kind, entries []Entry, o Options) (Layer, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return Layer{}, fmt.Errorf("making the layer store: %w", err)
	}
	dir, err := os.MkdirTemp(s.Dir, "new-*")
	if err != nil {
		return Layer{}, fmt.Errorf("making room in the layer store: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // its archive is moved away
	made, err := WriteArchive(filepath.Join(dir, archiveName), kind, entries, o)
	if err != nil {
		return Layer{}, err
	}
	key := string(kind) + "-" + made.DiffID[len("sha256:"):]
	return s.Put(key, func(path string) (Layer, error) {
		from := made.Archive
		made.Archive = path
		return made, os.Rename(from, path)
	})
}
