package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/content"
)

// sized makes entries of lines "path size-in-MiB".
func sized(lines string) []Entry {
	var out []Entry
	for line := range strings.Lines(lines) {
		var e Entry
		if _, err := fmt.Sscan(line, &e.Path, &e.Size); err == nil {
			e.Size <<= 20
			out = append(out, e)
		}
	}
	return out
}

func paths(groups [][]Entry) []string {
	out := []string{}
	for _, g := range groups {
		names := make([]string, len(g))
		for n, e := range g {
			names[n] = e.Path
		}
		out = append(out, strings.Join(names, " "))
	}
	return out
}

func TestSplit(t *testing.T) {
	for name, test := range map[string]struct {
		entries string
		want    []string
	}{
		"nothing":        {"", []string{}},
		"small ones":     {"b 1\na 31\nc 0", []string{"a b c"}},
		"a large one":    {"b 1\na 600\nc 0", []string{"a", "b c"}},
		"large ones":     {"z 32\na 600\nc 0", []string{"a", "z", "c"}},
		"only large one": {"a 5000", []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Split(sized(test.entries))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, paths(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if _, err := Split(sized("a 9000")); err == nil || !strings.Contains(err.Error(), "shards") {
		t.Errorf("a file that no archive holds: %v", err)
	}
}

// TestSplitManySmall: a file that comes or goes moves few others, and no group is too large.
func TestSplitManySmall(t *testing.T) {
	var entries []Entry
	for n := range 400 {
		entries = append(entries, Entry{Path: fmt.Sprintf("w/%03d.bin", n), Size: int64(n%31) << 20})
	}
	before, err := Split(entries)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range before {
		var size int64
		for _, e := range g {
			size += e.Size
		}
		if size > MaxSize {
			t.Errorf("a group of %d bytes", size)
		}
	}
	after, err := Split(slices.Delete(slices.Clone(entries), 100, 101))
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	old := paths(before)
	for _, g := range paths(after) {
		if !slices.Contains(old, g) {
			moved++
		}
	}
	if len(before) < 10 || moved > 3 {
		t.Errorf("%d of %d groups changed", moved, len(after))
	}
}

func TestSplitFewLayers(t *testing.T) {
	var entries []Entry
	for n := range 300 {
		entries = append(entries, Entry{Path: fmt.Sprint(n), Size: 40 << 20})
	}
	groups, err := Split(entries)
	if err != nil || len(groups) > mostLayers {
		t.Errorf("%d layers, %v", len(groups), err)
	}
}

// TestWriteWeights: one layer a large file, found again without reading any of it, and a change noticed.
func TestWriteWeights(t *testing.T) {
	dir := t.TempDir()
	s := Store{Dir: filepath.Join(dir, "layers"), Index: content.Index{Dir: filepath.Join(dir, "index")}}
	for name, data := range map[string][]byte{"a.bin": noise(alone), "b.bin": noise(alone + 1), "config.json": []byte("{}")} {
		if err := os.MkdirAll(filepath.Join(dir, "w"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "w", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write := func() []Group {
		t.Helper()
		entries, err := FromDir(filepath.Join(dir, "w"), "/app/w")
		if err != nil {
			t.Fatal(err)
		}
		groups, err := s.WriteWeights(entries, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return groups
	}
	first := write()
	if len(first) != 3 || first[0].Layer.MediaType != MediaTypeTar || first[0].Layer.DiffID != first[0].Layer.Digest || first[2].Layer.MediaType != MediaTypeGzip {
		t.Fatalf("%+v", first)
	}
	digests := func(groups []Group) (out []string) {
		for _, g := range groups {
			out = append(out, g.Layer.Digest)
		}
		return out
	}
	if diff := cmp.Diff(digests(first), digests(write())); diff != "" {
		t.Errorf("the second time:\n%s", diff)
	}
	changed := noise(alone)
	changed[100]++
	if err := os.WriteFile(filepath.Join(dir, "w", "a.bin"), changed, 0o644); err != nil {
		t.Fatal(err)
	}
	third := write()
	if a, b := digests(first), digests(third); a[0] == b[0] || a[1] != b[1] || a[2] != b[2] {
		t.Errorf("after a change of one file: %v, then %v", a, b)
	}
	// A planted archive is noticed, whatever its times.
	archive := third[1].Layer.Archive
	info, err := os.Stat(archive)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(archive, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("planted"), 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(archive, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	blob, err := write()[1].Layer.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close() //nolint:errcheck // read only
	if sum, err := content.Sum(blob); err != nil || "sha256:"+sum != third[1].Layer.Digest {
		t.Errorf("the planted layer was used: %s, %v", sum, err)
	}
}
