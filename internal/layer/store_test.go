package layer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put keeps a layer of one file with this content.
func put(t *testing.T, s Store, key, content string) Layer {
	t.Helper()
	l, err := s.Put(key, func(path string) (Layer, error) { return WriteArchive(path, Deps, oneFile(t, content), Options{}) })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func oneFile(t *testing.T, content string) []Entry {
	t.Helper()
	entries, err := FromFS(fstest.MapFS{"x": {Data: []byte(content)}}, []string{"x"}, "/venv")
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func get(t *testing.T, s Store, key string) (Layer, bool, string) {
	t.Helper()
	l, ok, why, err := s.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return l, ok, why
}

func TestStore(t *testing.T) {
	s := Store{Dir: filepath.Join(t.TempDir(), "layers")}
	if l, ok, why := get(t, s, "deps-1"); ok || why != "" {
		t.Errorf("from an empty store: %+v, %q", l, why)
	}
	kept := put(t, s, "deps-1", "one")
	got, ok, why := get(t, s, "deps-1")
	if !ok || why != "" {
		t.Fatalf("Get: %v, %q", ok, why)
	}
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("what was put is not what is got (-put +got):\n%s", diff)
	}
	// A key can come to mean another layer; whoever holds the first one keeps it.
	replaced := put(t, s, "deps-1", "two")
	if got, ok, _ := get(t, s, "deps-1"); !ok || got.Digest != replaced.Digest {
		t.Errorf("after another Put: %v, %s", ok, got.Digest)
	}
	if why := s.verify(kept); why != "" {
		t.Errorf("the layer that was replaced: %s", why)
	}
}

func TestStoreNoticesDamage(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, s Store, l Layer){
		"bytes": func(t *testing.T, _ Store, l Layer) {
			f, err := os.OpenFile(l.Archive, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte("damage"), l.Offset+20); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"cut": func(t *testing.T, _ Store, l Layer) {
			if err := os.Truncate(l.Archive, l.Offset+10); err != nil {
				t.Fatal(err)
			}
		},
		"gone": func(t *testing.T, _ Store, l Layer) {
			if err := os.Remove(l.Archive); err != nil {
				t.Fatal(err)
			}
		},
		"record": func(t *testing.T, s Store, _ Layer) {
			if err := os.WriteFile(s.record("deps-1"), []byte(`{"digest":"../../etc"}`), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Store{Dir: t.TempDir()}
			l := put(t, s, "deps-1", "one")
			damage(t, s, l)
			if _, ok, why := get(t, s, "deps-1"); ok || why == "" {
				t.Errorf("a damaged layer: %v, %q", ok, why)
			}
			if _, ok, why := get(t, s, "deps-1"); ok || why != "" {
				t.Errorf("the second time: %v, %q; it should be gone", ok, why)
			}
			put(t, s, "deps-1", "one")
			if _, ok, why := get(t, s, "deps-1"); !ok {
				t.Errorf("made again, it is still not there: %q", why)
			}
		})
	}
}

// TestStorePutReplacesDamage: what lies under the name of the content but is not it makes way.
func TestStorePutReplacesDamage(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	l := put(t, s, "deps-1", "one")
	if err := os.Truncate(l.Archive, 10); err != nil {
		t.Fatal(err)
	}
	put(t, s, "deps-2", "one")
	if _, ok, why := get(t, s, "deps-2"); !ok {
		t.Errorf("not there: %q", why)
	}
}

func TestStoreRefusesWhatItsMakerDidNotMake(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	_, err := s.Put("deps-1", func(path string) (Layer, error) {
		l, err := WriteArchive(path, Deps, oneFile(t, "one"), Options{})
		l.Digest = l.DiffID // says something else
		return l, err
	})
	if err == nil {
		t.Error("a layer was kept under a digest that is not its own")
	}
	failed := errors.New("no network")
	if _, err := s.Put("deps-1", func(string) (Layer, error) { return Layer{}, failed }); !errors.Is(err, failed) {
		t.Errorf("got %v, want the maker's own error", err)
	}
	if left, err := os.ReadDir(s.Dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestStoreAtTheSameTime has several runs make and read the same layers at once.
func TestStoreAtTheSameTime(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 10 {
				content := []string{"one", "two"}[n%2]
				entries := oneFile(t, content)
				put, err := s.Put("deps-1", func(path string) (Layer, error) { return WriteArchive(path, Deps, entries, Options{}) })
				if err != nil {
					t.Error(err)
					return
				}
				if why := s.verify(put); why != "" {
					t.Errorf("just put: %s", why)
				}
				if got, ok, why, err := s.Get("deps-1"); err != nil || !ok {
					t.Errorf("just put: %+v, %v, %q, %v", got, ok, why, err)
				}
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 { // one record, two archives
		t.Errorf("left in the store: %v", entries)
	}
}

// TestStoreWriteFinds: the second time the same files are neither compressed nor stored.
func TestStoreWriteFinds(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	first, err := s.Write(Code, oneFile(t, "one"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(first.Archive)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Write(Code, oneFile(t, "one"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(second.Archive)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" || !os.SameFile(before, after) {
		t.Errorf("written again (-first +second):\n%s", diff)
	}
	owned, err := s.Write(Code, oneFile(t, "one"), Options{UID: 1000})
	if err != nil || owned.Digest == first.Digest {
		t.Errorf("another owner: %+v, %v", owned, err)
	}
	reads := 0
	changing := []Entry{{Path: "x", Size: 3, Open: func() (io.ReadCloser, error) {
		reads++
		return fstest.MapFS{"x": {Data: []byte{'a', 'b', byte(reads)}}}.Open("x")
	}}}
	if _, err := s.Write(Code, changing, Options{}); err == nil {
		t.Error("files that change while they are read became a layer")
	}
}

func TestStoreSweeps(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	old, fresh := filepath.Join(s.Dir, "new-old"), filepath.Join(s.Dir, "new-fresh")
	for _, dir := range []string{old, fresh} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	put(t, s, "deps-1", "one")
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed run left yesterday is still there (%v)", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("what another run is writing is gone: %v", err)
	}
}
