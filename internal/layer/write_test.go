package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
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
		"lib/deep/x.py":     {Data: source(3 << 20), Mode: mode, ModTime: when},
		"lib/link":          {Data: []byte("deep/x.py"), Mode: fs.ModeSymlink | 0o777, ModTime: when},
		"lib/" + longName:   {Data: []byte("long"), Mode: mode, ModTime: when},
		"weights/empty.bin": {Mode: mode, ModTime: when},
	}
}

var longName = strings.Repeat("n", 150)

// source is text that compresses as code does, and is not the same in every block.
func source(size int) []byte {
	var b bytes.Buffer
	x := uint32(1)
	for n := 0; b.Len() < size; n++ {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "def f_%d(a, b):\n    return a * %d + b\n", n, x>>12)
	}
	return b.Bytes()[:size]
}

// noise is data that does not compress, the same each time.
func noise(size int) []byte {
	data := make([]byte, size)
	x := uint32(1)
	for n := range data { // xorshift
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		data[n] = byte(x)
	}
	return data
}

func names(fsys fstest.MapFS) []string {
	var out []string
	for name := range fsys {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func write(t *testing.T, kind Kind, fsys fs.FS, names []string, o Options) (Layer, []byte) {
	t.Helper()
	entries, err := FromFS(fsys, names, "/app")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	l, err := Write(&out, kind, entries, o)
	if err != nil {
		t.Fatal(err)
	}
	return l, out.Bytes()
}

func TestWriteIsTheSameEverywhere(t *testing.T) {
	one := tree(time.Unix(1, 0), 0o644)
	want, wantBytes := write(t, Code, one, names(one), Options{})

	other := tree(time.Unix(1_700_000_000, 0), 0o600) // another umask, another time
	backwards := names(other)
	slices.Reverse(backwards)
	got, gotBytes := write(t, Code, other, backwards, Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order, times or umask show in the layer (-want +got):\n%s", diff)
	}
	if !bytes.Equal(wantBytes, gotBytes) {
		t.Error("order, times or umask show in the bytes")
	}

	for _, cores := range []int{1, 2, 8} {
		previous := runtime.GOMAXPROCS(cores)
		got, _ := write(t, Code, one, names(one), Options{})
		runtime.GOMAXPROCS(previous)
		if got.Digest != want.Digest {
			t.Errorf("with %d cores the digest is %s, want %s", cores, got.Digest, want.Digest)
		}
	}
}

// TestWriteGolden holds the bytes themselves: a change here changes the digest
// of every image in the world, and needs a new recipe in write.go and, for the
// dependency layer, in internal/plan.
func TestWriteGolden(t *testing.T) {
	tiny := fstest.MapFS{"app.py": {Data: []byte("print('hello')\n")}}
	blocks := tree(time.Now(), 0o640)
	plain := fstest.MapFS{"w.bin": {Data: noise(2 << 20)}}
	for _, test := range []struct {
		name           string
		kind           Kind
		fsys           fstest.MapFS
		diffID, digest string
	}{
		{"one file", Code, tiny,
			"sha256:2fe9d6a5bbe3655663e30f194a5040c5f0f374779c0b2ace290078464ebb98f3",
			"sha256:d15ef1f08faba70e3bf00a5ff49ee80897248951872ca0fee92b17ca00f3ced8"},
		{"several blocks", Code, blocks,
			"sha256:6361625dc4121f0b36dd8ae3658d4033fce8481bbed75b4cbc32b57318d5e89b",
			"sha256:dd9cb7e30995f72f797903971cf59ec069cf8453e755d8f0b7b1d1e4c546de4f"},
		{"weights that do not compress", Weights, plain,
			"sha256:a2ae43a17921e35f9651c581191b65a80f01c075993290cfa316632fafd5e589",
			"sha256:a2ae43a17921e35f9651c581191b65a80f01c075993290cfa316632fafd5e589"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := write(t, test.kind, test.fsys, names(test.fsys), Options{})
			if l.DiffID != test.diffID {
				t.Errorf("diff ID is %s, want %s", l.DiffID, test.diffID)
			}
			if l.Digest != test.digest {
				t.Errorf("digest is %s, want %s", l.Digest, test.digest)
			}
		})
	}
}

func TestWriteNormalises(t *testing.T) {
	fsys := tree(time.Now(), 0o600)
	_, data := write(t, Code, fsys, names(fsys), Options{UID: 1000, GID: 1001})
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" || z.Comment != "" {
		t.Errorf("the gzip header tells of its making: %+v", z.Header)
	}
	type header struct {
		Name, Link string
		Mode       int64
		UID, GID   int
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
		if h.Uname != "" || h.Gname != "" || !h.AccessTime.IsZero() || !h.ChangeTime.IsZero() {
			t.Errorf("%s tells of its making: %+v", h.Name, h)
		}
		got = append(got, header{h.Name, h.Linkname, h.Mode, h.Uid, h.Gid, h.ModTime.Unix()})
	}
	want := []header{ // parents before children
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
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestOnlyWeightsAreStoredPlain(t *testing.T) {
	random := fstest.MapFS{"w.bin": {Data: noise(2 << 20)}}
	text := fstest.MapFS{"w.bin": {Data: source(2 << 20)}}
	small := fstest.MapFS{"w.bin": {Data: noise(1000)}}
	for _, test := range []struct {
		name string
		kind Kind
		fsys fstest.MapFS
		want string
	}{
		{"noise", Weights, random, MediaTypeTar},
		{"noise in code", Code, random, MediaTypeGzip},
		{"text", Weights, text, MediaTypeGzip},
		{"small noise", Weights, small, MediaTypeGzip},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, data := write(t, test.kind, test.fsys, names(test.fsys), Options{})
			if l.MediaType != test.want || l.Size != int64(len(data)) {
				t.Errorf("media type %s, size %d; want %s, %d", l.MediaType, l.Size, test.want, len(data))
			}
			if plain := l.Digest == l.DiffID; plain != (test.want == MediaTypeTar) {
				t.Errorf("digest %s, diff ID %s", l.Digest, l.DiffID)
			}
		})
	}
}

// TestWriteTellsOfChanges: a file that changes between its listing and its
// reading must not become a layer that holds half of it.
func TestWriteTellsOfChanges(t *testing.T) {
	for name, content := range map[string]string{"grown": "0123456789ab", "shrunk": "0123"} {
		t.Run(name, func(t *testing.T) {
			e := Entry{Path: "app/x", Size: 10, Open: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(content)), nil
			}}
			_, err := Write(io.Discard, Code, []Entry{e}, Options{})
			if err == nil || !strings.Contains(err.Error(), "app/x") || !strings.Contains(err.Error(), "changed while it was read") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// endless is a file of any size without its bytes. It notes how much memory was
// in use while it was read.
type endless struct {
	left int64
	peak *uint64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	clear(p[:n])
	if e.left>>22 != (e.left-n)>>22 { // every 4 MiB
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		*e.peak = max(*e.peak, now.HeapAlloc)
	}
	e.left -= n
	return int(n), nil
}

// TestWriteStreams: the size of a file must not show in the memory it takes.
func TestWriteStreams(t *testing.T) {
	const size = 48 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // so that garbage does not count for much
	var peak uint64
	e := Entry{Path: "model/w.bin", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&endless{size, &peak}), nil
	}}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Write(io.Discard, Weights, []Entry{e}, Options{}); err != nil {
		t.Fatal(err)
	}
	if peak > before.HeapAlloc+size/2 {
		t.Errorf("writing %d MiB took %d MiB", size>>20, (peak-before.HeapAlloc)>>20)
	}
}

// FuzzWrite holds that any tree comes back as it was put in, and the same twice.
func FuzzWrite(f *testing.F) {
	f.Add("app.py", []byte("print()"), "lib/x", true)
	f.Add("a/"+longName, []byte{}, "ü/ß", false)
	f.Add("a", []byte("0"), "a/b", false)
	f.Fuzz(func(t *testing.T, path string, data []byte, other string, executable bool) {
		if !fs.ValidPath(path) || !fs.ValidPath(other) || strings.ContainsRune(path+other, 0) {
			t.Skip("no path of a tree")
		}
		mode := fs.FileMode(0o644)
		if executable {
			mode = 0o755
		}
		reader := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		entries := []Entry{
			{Path: path, Mode: mode, Size: int64(len(data)), Open: reader},
			{Path: other, Mode: fs.ModeSymlink, Link: "x"},
		}
		var one, two bytes.Buffer
		l, err := Write(&one, Weights, entries, Options{})
		if err != nil {
			t.Skip("refused: ", err)
		}
		slices.Reverse(entries)
		if again, err := Write(&two, Weights, entries, Options{}); err != nil || !reflect.DeepEqual(again, l) {
			t.Fatalf("the second time %+v, %v; the first %+v", again, err, l)
		}
		z, err := gzip.NewReader(&one)
		if err != nil {
			t.Fatal(err)
		}
		for r := tar.NewReader(z); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				t.Fatalf("%q is not in the layer", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Name != path {
				continue
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data) || fs.FileMode(h.Mode) != mode {
				t.Fatalf("%q came back with mode %o, %d bytes, %v", path, h.Mode, len(got), err)
			}
			return
		}
	})
}
