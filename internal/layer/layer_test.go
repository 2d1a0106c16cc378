package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree is a small model directory; its times and modes must not matter.
func tree(when time.Time, mode fs.FileMode) fstest.MapFS {
	return fstest.MapFS{
		"app.py":            {Data: []byte("print('hello')\n"), Mode: mode, ModTime: when},
		"run.sh":            {Data: []byte("#!/bin/sh\n"), Mode: mode | 0o100, ModTime: when},
		"lib/deep/x.py":     {Data: bytes.Repeat([]byte("x = 1\n"), 500_000), Mode: mode, ModTime: when},
		"lib/link":          {Data: []byte("deep/x.py"), Mode: fs.ModeSymlink | 0o777, ModTime: when},
		"lib/" + longName:   {Data: []byte("long"), Mode: mode, ModTime: when},
		"weights/empty.bin": {Mode: mode, ModTime: when},
	}
}

var longName = string(bytes.Repeat([]byte("n"), 150))

func write(t *testing.T, fsys fs.FS, names []string, o Options) (Layer, []byte) {
	t.Helper()
	entries, err := FromFS(fsys, names, "/app")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	l, err := Write(&out, Code, entries, o)
	if err != nil {
		t.Fatal(err)
	}
	return l, out.Bytes()
}

func names(fsys fstest.MapFS) []string {
	var out []string
	for name := range fsys {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestWriteIsTheSameEverywhere(t *testing.T) {
	one := tree(time.Unix(1, 0), 0o644)
	want, wantBytes := write(t, one, names(one), Options{})

	other := tree(time.Unix(1_700_000_000, 0), 0o600) // another umask, another time
	backwards := names(other)
	slices.Reverse(backwards)
	got, gotBytes := write(t, other, backwards, Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order, times or umask show in the layer (-want +got):\n%s", diff)
	}
	if !bytes.Equal(wantBytes, gotBytes) {
		t.Error("order, times or umask show in the bytes")
	}

	for _, cores := range []int{1, 2, 8} {
		previous := runtime.GOMAXPROCS(cores)
		got, _ := write(t, one, names(one), Options{})
		runtime.GOMAXPROCS(previous)
		if got.Digest != want.Digest {
			t.Errorf("with %d cores the digest is %s, want %s", cores, got.Digest, want.Digest)
		}
	}
}

// TestWriteGolden holds the bytes themselves: a change here changes the digest
// of every image in the world, and needs a new recipe version in internal/plan.
func TestWriteGolden(t *testing.T) {
	fsys := fstest.MapFS{"app.py": {Data: []byte("print('hello')\n")}}
	l, _ := write(t, fsys, names(fsys), Options{})
	if want := "sha256:2fe9d6a5bbe3655663e30f194a5040c5f0f374779c0b2ace290078464ebb98f3"; l.DiffID != want {
		t.Errorf("diff ID is %s, want %s", l.DiffID, want)
	}
	if want := "sha256:2174a4822569869d9b8f32e488e7f38638c08a174979d972a14a191ed86f3b93"; l.Digest != want {
		t.Errorf("digest is %s, want %s", l.Digest, want)
	}
}

func TestWriteNormalises(t *testing.T) {
	fsys := tree(time.Now(), 0o600)
	_, data := write(t, fsys, names(fsys), Options{UID: 1000, GID: 1001})
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	type header struct {
		Name, Link string
		Mode       int64
		Uid, Gid   int
		Time       int64
	}
	var got []header
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, header{h.Name, h.Linkname, h.Mode, h.Uid, h.Gid, h.ModTime.Unix()})
	}
	want := []header{
		{"app/", "", 0o755, 1000, 1001, 0},
		{"app/app.py", "", 0o644, 1000, 1001, 0},
		{"app/lib/", "", 0o755, 1000, 1001, 0},
		{"app/lib/deep/", "", 0o755, 1000, 1001, 0},
		{"app/lib/deep/x.py", "", 0o644, 1000, 1001, 0},
		{"app/lib/link", "deep/x.py", 0o777, 1000, 1001, 0},
		{"app/lib/" + longName, "", 0o644, 1000, 1001, 0},
		{"app/run.sh", "", 0o755, 1000, 1001, 0},
		{"app/weights/", "", 0o755, 1000, 1001, 0},
		{"app/weights/empty.bin", "", 0o644, 1000, 1001, 0},
	}
	slices.SortFunc(want, func(a, b header) int { return cmpName(a.Name, b.Name) })
	slices.SortFunc(got, func(a, b header) int { return cmpName(a.Name, b.Name) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func cmpName(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) }

func TestStore(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	fsys := tree(time.Now(), 0o644)
	entries, err := FromFS(fsys, names(fsys), "/app")
	if err != nil {
		t.Fatal(err)
	}
	put, err := s.Put("deps-1", func(path string) (Layer, error) { return WriteArchive(path, Deps, entries, Options{}) })
	if err != nil {
		t.Fatal(err)
	}
	got, ok, why, err := s.Get("deps-1")
	if err != nil || !ok || why != "" {
		t.Fatalf("Get: %v, %q, %v", ok, why, err)
	}
	if diff := cmp.Diff(put, got); diff != "" {
		t.Errorf("what was put is not what is got (-put +got):\n%s", diff)
	}

	// A damaged layer is noticed, said and gone.
	f, err := os.OpenFile(got.Archive, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), got.Offset+20); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok, why, err := s.Get("deps-1"); ok || why == "" || err != nil {
		t.Errorf("a damaged layer: %v, %q, %v", ok, why, err)
	}
	if _, err := os.Stat(filepath.Join(s.Dir, "deps-1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a damaged layer is still in the store: %v", err)
	}
	if _, ok, why, err := s.Get("deps-2"); ok || why != "" || err != nil {
		t.Errorf("a layer that was never there: %v, %q, %v", ok, why, err)
	}
}

func TestWriteRefusesDuplicates(t *testing.T) {
	fsys := tree(time.Now(), 0o644)
	entries, err := FromFS(fsys, []string{"app.py", "app.py"}, "/app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(io.Discard, Code, entries, Options{}); err == nil {
		t.Error("one path twice in a layer was accepted")
	}
}

func TestIncompressibleIsStored(t *testing.T) {
	noise := make([]byte, 2<<20)
	x := uint32(1)
	for n := range noise { // xorshift: the same noise each time
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[n] = byte(x)
	}
	fsys := fstest.MapFS{"w.bin": {Data: noise}}
	l, _ := write(t, fsys, names(fsys), Options{})
	if l.MediaType != MediaTypeTar || l.Digest != l.DiffID {
		t.Errorf("media type %s, want %s", l.MediaType, MediaTypeTar)
	}
}

func TestParseOwner(t *testing.T) {
	for _, test := range []struct {
		user     string
		uid, gid int
		bad      bool
	}{
		{"", 0, 0, false}, {"1000:1001", 1000, 1001, false}, {"1000", 1000, 1000, false},
		{"app", 0, 0, true}, {"1000:app", 0, 0, true}, {"-1:0", 0, 0, true},
	} {
		uid, gid, err := ParseOwner(test.user)
		if uid != test.uid || gid != test.gid || (err != nil) != test.bad {
			t.Errorf("ParseOwner(%q) = %d, %d, %v", test.user, uid, gid, err)
		}
	}
}
