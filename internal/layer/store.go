package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/content"
)

// Store keeps finished layers on disk:
//
//	<key>.json               what the layer of this key is
//	sha256-<hex>/layer.tar   the archive of the blob with this digest
//
// An archive is never changed or replaced by another, so a layer that a run
// holds stays what it is whatever other runs do. Each has a directory of its
// own, because an engine loads directories.
type Store struct {
	Dir string
	// Index remembers what the files of layers, and those of the store, hold;
	// without one they are read each time.
	Index content.Index
}

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
	if why = s.verify(l); why != "" {
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
		if why := s.verify(l); why != "" {
			return Layer{}, fmt.Errorf("keeping a layer: %s", why)
		}
		return l, nil
	})
}

// Write writes a layer of the host's files, or finds the one that was written
// of the same content before: knowing what is in the files is cheap, compressing
// and storing them is not.
func (s Store) Write(kind Kind, entries []Entry, o Options) (Layer, error) {
	all, err := complete(entries)
	if err != nil {
		return Layer{}, err
	}
	key, err := s.key(kind, all, o)
	if err != nil {
		return Layer{}, err
	}
	if l, ok, _, err := s.Get(key); err != nil || ok {
		return l, err
	}
	return s.put(key, func(path string) (Layer, error) { return WriteArchive(path, kind, all, o) })
}

// remembered is the size from which what a file holds is remembered: below it,
// reading the file costs no more than looking it up.
const remembered = 1 << 20

// key names a layer by all that its bytes follow from. It fills in what is in
// each file, so that a file that changes until it is written is noticed.
func (s Store) key(kind Kind, all []Entry, o Options) (string, error) {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	for n := range all {
		e := &all[n]
		if e.Mode.IsRegular() && e.SHA256 == "" {
			var err error
			if e.SHA256, err = s.sum(*e); err != nil {
				return "", fmt.Errorf("reading %s: %w", e.Path, err)
			}
		}
		if err := encoder.Encode([]any{e.Path, e.Mode.Type(), e.Mode&0o111 != 0, e.Link, e.SHA256, o}); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s-%s-%s", kind, recipe, hex.EncodeToString(h.Sum(nil))), nil
}

func (s Store) sum(e Entry) (string, error) {
	if e.Host != "" && e.Size >= remembered {
		return s.Index.SHA256(e.Host)
	}
	f, err := e.Open()
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	return content.Sum(f)
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
	written, err := os.Stat(filepath.Join(dir, archiveName))
	if err != nil {
		return Layer{}, fmt.Errorf("keeping a layer: %w", err)
	}
	l.Archive = filepath.Join(s.home(l), archiveName)
	if err := s.move(dir, l); err != nil {
		return Layer{}, fmt.Errorf("keeping a layer: %w", err)
	}
	s.Index.Know(l.Archive, l.extent(), l.Digest, written)
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
		if err == nil || s.verify(l) == "" {
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
	return s.writeRecord(key, l)
}

func (s Store) writeRecord(key string, record any) error {
	data, err := json.Marshal(record)
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

// verify says what is wrong with the stored bytes; empty when they are what was
// recorded. Bytes that were read before are not read again as long as their file
// is the same.
func (s Store) verify(l Layer) string {
	digest, err := s.Index.Value(l.Archive, l.extent(), func() (string, error) {
		blob, err := l.Open()
		if err != nil {
			return "", err
		}
		defer blob.Close() //nolint:errcheck // read only
		sum, err := content.Sum(blob)
		return "sha256:" + sum, err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "its archive is gone"
	case err != nil || digest != l.Digest:
		return "its bytes are not the recorded ones"
	}
	return ""
}

// extent names the part of its archive that a layer is.
func (l Layer) extent() string { return fmt.Sprintf("blob %d+%d", l.Offset, l.Size) }

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
