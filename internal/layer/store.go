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
	"regexp"
	"strings"
	"time"
)

// Store keeps finished layers on disk:
//
//	<key>.json               what the layer of this key is
//	sha256-<hex>/layer.tar   the archive of the blob with this digest
//
// An archive is never changed or replaced by another, so a layer that a run
// holds stays what it is whatever other runs do. Each has a directory of its
// own, because an engine loads directories.
type Store struct{ Dir string }

const (
	archiveName = "layer.tar"
	// unfinished begins the names of what is being written, and of what a
	// killed run has left behind; after a day it is certainly the latter.
	unfinished = "new-"
	leftover   = 24 * time.Hour
)

var digestFormat = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Get finds the layer with this key. A layer whose bytes are not what its
// record says is removed and not returned; why says so.
func (s Store) Get(key string) (l Layer, ok bool, why string, err error) {
	data, err := os.ReadFile(s.record(key))
	if errors.Is(err, fs.ErrNotExist) {
		return Layer{}, false, "", nil
	}
	if err != nil {
		return Layer{}, false, "", fmt.Errorf("looking a layer up: %w", err)
	}
	if json.Unmarshal(data, &l) != nil || !digestFormat.MatchString(l.Digest) || !digestFormat.MatchString(l.DiffID) {
		return Layer{}, false, "its record is damaged", s.remove(s.record(key))
	}
	l.Archive = filepath.Join(s.home(l), archiveName)
	if why = l.verify(); why != "" {
		return Layer{}, false, why, errors.Join(s.remove(s.record(key)), s.remove(s.home(l)))
	}
	return l, true, "", nil
}

// Put has a layer made and keeps it under key, in place of what had the key
// before. The layer appears whole or not at all, also when two processes make
// the same one.
func (s Store) Put(key string, makeAt func(path string) (Layer, error)) (Layer, error) {
	return s.put(key, func(path string) (Layer, error) {
		l, err := makeAt(path)
		if err != nil {
			return Layer{}, err
		}
		l.Archive = path
		if why := l.verify(); why != "" {
			return Layer{}, fmt.Errorf("keeping a layer: %s", why)
		}
		return l, nil
	})
}

// Write writes a layer of the host's files, or finds the one that was written
// of the same content before: reading the files is cheap, compressing and
// storing them is not.
func (s Store) Write(kind Kind, entries []Entry, o Options) (Layer, error) {
	id, err := diffID(entries, o)
	if err != nil {
		return Layer{}, err
	}
	key := fmt.Sprintf("%s-%s-%s", kind, recipe, strings.TrimPrefix(id, "sha256:"))
	if l, ok, _, err := s.Get(key); err != nil || ok {
		return l, err
	}
	return s.put(key, func(path string) (Layer, error) {
		l, err := WriteArchive(path, kind, entries, o)
		if err == nil && l.DiffID != id {
			err = errors.New("the files of a layer changed while they were read; run again")
		}
		return l, err
	})
}

func (s Store) put(key string, makeAt func(path string) (Layer, error)) (Layer, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return Layer{}, fmt.Errorf("making the layer store: %w", err)
	}
	s.sweep()
	dir, err := os.MkdirTemp(s.Dir, unfinished+"*")
	if err != nil {
		return Layer{}, fmt.Errorf("making room in the layer store: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // renamed away when all went well
	l, err := makeAt(filepath.Join(dir, archiveName))
	if err != nil {
		return Layer{}, err
	}
	l.Archive = filepath.Join(s.home(l), archiveName)
	if err := s.move(dir, l); err != nil {
		return Layer{}, fmt.Errorf("keeping a layer: %w", err)
	}
	if err := s.write(key, l); err != nil {
		return Layer{}, fmt.Errorf("keeping the record of a layer: %w", err)
	}
	return l, nil
}

// move gives a finished layer its place. When one lies there it is as good, for
// its name is its content; only a damaged one makes way.
func (s Store) move(dir string, l Layer) error {
	for attempt := 0; ; attempt++ {
		err := os.Rename(dir, s.home(l))
		if err == nil || l.verify() == "" {
			return nil
		}
		if attempt == 3 {
			return err
		}
		if err := s.remove(s.home(l)); err != nil {
			return err
		}
	}
}

func (s Store) write(key string, l Layer) error {
	l.Archive = "" // follows from where the store is
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.Dir, unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // renamed away when all went well
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.record(key))
}

// verify says what is wrong with the stored bytes; empty when they are what was recorded.
func (l Layer) verify() string {
	blob, err := l.Open()
	if err != nil {
		return "its archive is gone"
	}
	defer blob.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.CopyBuffer(h, blob, make([]byte, blockSize)); err != nil || sum(h) != l.Digest {
		return "its bytes are not the recorded ones"
	}
	return ""
}

func (s Store) record(key string) string { return filepath.Join(s.Dir, key+".json") }

func (s Store) home(l Layer) string {
	return filepath.Join(s.Dir, strings.Replace(l.Digest, ":", "-", 1))
}

func (s Store) remove(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("removing a damaged layer: %w", err)
	}
	return nil
}

// sweep removes what killed runs have left behind. It is housekeeping: what it
// cannot do, a later run will.
func (s Store) sweep() {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			_ = os.RemoveAll(filepath.Join(s.Dir, e.Name()))
		}
	}
}
