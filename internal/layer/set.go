package layer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Set is layers that are looked up together: all that one command wrote.
type Set struct {
	Layers []Layer `json:"layers"`
	// About is what its maker wants to know of it later.
	About json.RawMessage `json:"about"`
}

// GetSet finds the layers that were kept together under this key. One whose
// bytes are not what its record says is removed, and nothing returned; why says so.
func (s Store) GetSet(key string) (set Set, ok bool, why string, err error) {
	data, err := os.ReadFile(s.record(key))
	if errors.Is(err, fs.ErrNotExist) {
		return Set{}, false, "", nil
	}
	if err != nil {
		return Set{}, false, "", fmt.Errorf("looking layers up: %w", err)
	}
	if json.Unmarshal(data, &set) != nil || len(set.Layers) == 0 {
		return Set{}, false, "its record is damaged", s.remove(s.record(key))
	}
	for n := range set.Layers {
		l := &set.Layers[n]
		if !digestFormat.MatchString(l.Digest) || !digestFormat.MatchString(l.DiffID) {
			return Set{}, false, "its record is damaged", s.remove(s.record(key))
		}
		l.Archive = filepath.Join(s.home(*l), archiveName)
		if why = s.verify(*l); why != "" {
			return Set{}, false, why, errors.Join(s.remove(s.record(key)), s.remove(s.home(*l)))
		}
	}
	return set, true, "", nil
}

// PutSet keeps layers of this store together under key, in place of those that had it before.
func (s Store) PutSet(key string, set Set) error {
	kept := Set{About: set.About}
	for _, l := range set.Layers {
		l.Archive = "" // follows from where the store is
		kept.Layers = append(kept.Layers, l)
	}
	if err := s.writeRecord(key, kept); err != nil {
		return fmt.Errorf("keeping the record of layers: %w", err)
	}
	return nil
}

// Room is a directory beside the layers, for what becomes one: layers can be
// larger than a system's temporary directory. Whoever asks for it removes it.
func (s Store) Room() (string, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return "", fmt.Errorf("making the layer store: %w", err)
	}
	dir, err := os.MkdirTemp(s.Dir, unfinished+"*")
	if err != nil {
		return "", fmt.Errorf("making room in the layer store: %w", err)
	}
	return dir, nil
}
