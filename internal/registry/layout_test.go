package registry

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-dev/slipway/internal/stage"
)

// publishTo writes the image to a layout and fails the test when that fails.
func publishTo(t *testing.T, c *Client, img stage.Image, dir string, tags ...string) stage.Published {
	t.Helper()
	done, err := c.Publish(t.Context(), []stage.Image{img}, "oci:"+dir, tags, nil)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// images validates a layout as any reader of layouts does and gives its
// images, "tag@digest" or "@digest".
func images(t *testing.T, dir string) []string {
	t.Helper()
	p, err := layout.FromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, err := p.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range m.Manifests {
		if d.Platform.String() != "linux/amd64" || d.ArtifactType != "" {
			t.Errorf("%s is for %s, of type %q", d.Digest, d.Platform, d.ArtifactType)
		}
		out = append(out, d.Annotations[refName]+"@"+d.Digest.String())
	}
	return out
}

func blobs(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestLayout: a directory holds the same digest as a registry, is a valid layout, and does not grow.
func TestLayout(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{Cache: t.TempDir()})
	img := build(t, c, s.host+python)
	remote, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "deep", "image")
	first := publishTo(t, c, img, dir, "dev", "other")
	if first.Digest != remote.Digest || first.Reference != "oci:"+dir+"@"+remote.Digest {
		t.Errorf("in a directory it is %s, in a registry %s", first.Reference, remote.Digest)
	}
	if want := []string{"dev@" + first.Digest, "other@" + first.Digest}; !slices.Equal(images(t, dir), want) {
		t.Errorf("holds %v, want %v", images(t, dir), want)
	}
	planned, err := c.Manifest(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range planned.Layers {
		if first.Pushed[l.Digest] != l.Size {
			t.Errorf("%s: %d bytes of %d were written", l.Kind, first.Pushed[l.Digest], l.Size)
		}
	}

	s.forget()
	img.Config.Env = []string{"A=c"}
	second := publishTo(t, c, img, dir, "dev")
	if want := []string{"other@" + first.Digest, "dev@" + second.Digest}; first.Digest == second.Digest || !slices.Equal(images(t, dir), want) {
		t.Errorf("holds %v, want %v", images(t, dir), want)
	}
	third := publishTo(t, c, img, dir, "other")
	if want := []string{"other@" + second.Digest}; !slices.Equal(images(t, dir), want) {
		t.Errorf("holds %v, want %v", images(t, dir), want)
	}
	if want := 3 + 2; blobs(t, dir) != want { // layers, config and manifest
		t.Errorf("%d blobs, want %d", blobs(t, dir), want)
	}
	if asked := s.requests(http.MethodGet); len(third.Pushed) != 0 || len(asked) != 0 {
		t.Errorf("written again: %v; asked for again: %v", third.Pushed, asked)
	}
}

// TestLayoutWithoutTags: the image of the last run, and no other.
func TestLayoutWithoutTags(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	dir := t.TempDir()
	publishTo(t, c, img, dir)
	img.Config.Env = []string{"A=c"}
	second := publishTo(t, c, img, dir)
	if want := []string{"@" + second.Digest}; !slices.Equal(images(t, dir), want) {
		t.Errorf("holds %v, want %v", images(t, dir), want)
	}
}

// TestLayoutAfterACrash: a run that was cut off at any point leaves what the next one can work with.
func TestLayoutAfterACrash(t *testing.T) {
	for name, crash := range map[string]func(t *testing.T, dir string){
		"before the first index": func(t *testing.T, dir string) {
			for _, f := range []string{"index.json", "oci-layout"} {
				if err := os.Remove(filepath.Join(dir, f)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"in the middle of a layer": func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", "new-123"), []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"in the middle of the index": func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "new-123"), []byte(`{"manif`), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"a blob was cut by hand": func(t *testing.T, dir string) {
			err := filepath.WalkDir(filepath.Join(dir, "blobs"), func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					err = os.Truncate(path, 3)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			push(t, s)
			c := client(Options{})
			img := build(t, c, s.host+python)
			dir := t.TempDir()
			first := publishTo(t, c, img, dir, "dev")
			crash(t, dir)
			publishTo(t, c, img, dir, "dev")
			if want := []string{"dev@" + first.Digest}; !slices.Equal(images(t, dir), want) {
				t.Errorf("holds %v, want %v", images(t, dir), want)
			}
			if want := 3 + 2; blobs(t, dir) != want {
				t.Errorf("%d blobs, want %d", blobs(t, dir), want)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "new-*")); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestLayoutKeepsTheOldImage: as long as the new one is not complete, the old one is there.
func TestLayoutKeepsTheOldImage(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	dir := t.TempDir()
	first := publishTo(t, c, img, dir, "dev")

	push(t, s) // another base under the same name, which then cannot be fetched
	other := build(t, c, s.host+python)
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	_, err := c.Publish(t.Context(), []stage.Image{other}, "oci:"+dir, []string{"dev"}, nil)
	wantError(t, err, s.host, "fetching layer sha256:", "is the name right")
	if want := []string{"dev@" + first.Digest}; !slices.Equal(images(t, dir), want) {
		t.Errorf("holds %v, want %v", images(t, dir), want)
	}
}

// TestCacheIsChecked: a damaged file in the cache is fetched again.
func TestCacheIsChecked(t *testing.T) {
	s := start(t)
	push(t, s)
	cache := t.TempDir()
	c := client(Options{Cache: cache})
	img := build(t, c, s.host+python)
	publishTo(t, c, img, t.TempDir())
	for _, l := range img.Base.Layers {
		if err := os.WriteFile(filepath.Join(cache, filepath.FromSlash(l.Digest[:6]), l.Digest[7:]), []byte("damage"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	publishTo(t, c, img, dir, "dev")
	images(t, dir)
}

func TestLayoutLeavesOtherDirectoriesAlone(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := c.Publish(t.Context(), []stage.Image{img}, "oci:"+full, nil, nil)
	wantError(t, err, full, "the directory holds thesis.tex", "--publish oci:DIR")

	file := filepath.Join(full, "thesis.tex")
	_, err = c.Publish(t.Context(), []stage.Image{img}, "oci:"+file, nil, nil)
	wantError(t, err, file, "cannot be written there", "--publish oci:DIR")

	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "index.json"), []byte("not json"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = c.Publish(t.Context(), []stage.Image{img}, "oci:"+broken, nil, nil)
	wantError(t, err, broken, "index.json cannot be read", "remove this one")
}
