package registry

import (
	"archive/tar"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// builtArchive writes an archive as the engine does after a Dockerfile build: an image
// layout in a tar, blobs first, with the times of the build.
func builtArchive(t *testing.T, img v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestArchive: a Dockerfile build loses its times and Docker's own media
// types, keeps what it is and how it was made, and is published like any other.
func TestArchive(t *testing.T) {
	from := baseImage(t, "amd64")
	from = mutate.MediaType(from, types.DockerManifestSchema2)
	file, err := from.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file.History = []v1.History{
		{Created: v1.Time{Time: time.Now()}, CreatedBy: "ADD . /app", Comment: "buildkit.dockerfile.v0"},
		{Created: v1.Time{Time: time.Now()}, CreatedBy: "ENV A=b", EmptyLayer: true},
		{Created: v1.Time{Time: time.Now()}, CreatedBy: "RUN make"},
	}
	if from, err = mutate.ConfigFile(from, file); err != nil {
		t.Fatal(err)
	}
	img := stage.Image{Platform: "linux/amd64", Archive: builtArchive(t, from)}
	c := client(Options{})
	assembled, err := c.assemble(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	wantOCI(t, assembled)
	got, err := assembled.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Created.Equal(time.Unix(0, 0)) {
		t.Errorf("created is %s", got.Created)
	}
	var made []string
	for _, h := range got.History {
		if !h.Created.Equal(time.Unix(0, 0)) {
			t.Errorf("%s has the time %s", h.CreatedBy, h.Created)
		}
		made = append(made, h.CreatedBy)
	}
	if want := []string{"ADD . /app", "ENV A=b", "RUN make"}; !slices.Equal(made, want) {
		t.Errorf("history is %q, want %q", made, want)
	}
	if got.Config.StopSignal != "SIGINT" || len(got.Config.OnBuild) != 1 || len(got.Config.ExposedPorts) != 3 {
		t.Errorf("config is %+v", got.Config)
	}

	s := start(t)
	done, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/slides", []string{"one"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(reference(t, done.Reference))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	if local := publishTo(t, c, img, dir, "one"); local.Digest != done.Digest {
		t.Errorf("in a directory it is %s, in a registry %s", local.Digest, done.Digest)
	}
	images(t, dir)

	// The same content, built at another time.
	file.Created = v1.Time{Time: time.Now().Add(time.Hour)}
	file.History[0].Created = file.Created
	if from, err = mutate.ConfigFile(from, file); err != nil {
		t.Fatal(err)
	}
	later, err := c.Manifest(t.Context(), stage.Image{Platform: "linux/amd64", Archive: builtArchive(t, from)})
	if err != nil || later.Digest != done.Digest {
		t.Errorf("built later it is %s (%v), before %s", later.Digest, err, done.Digest)
	}
}

// TestArchiveStreams: a layer of an archive is never in memory as a whole.
func TestArchiveStreams(t *testing.T) {
	const size = 64 << 20
	from, err := random.Image(size, 1)
	if err != nil {
		t.Fatal(err)
	}
	img := stage.Image{Platform: "linux/amd64", Archive: builtArchive(t, from)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	publishTo(t, client(Options{}), img, t.TempDir())
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > size/4 {
		t.Errorf("an image of %d MiB took %d MiB of memory", size>>20, took>>20)
	}
}

// TestBadArchives: what is wrong with an archive is said, and where.
func TestBadArchives(t *testing.T) {
	good := builtArchive(t, baseImage(t, "amd64"))
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "image.tar")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct{ path, want string }{
		"not there":      {filepath.Join(t.TempDir(), "nothing.tar"), "no such file"},
		"no tar":         {write([]byte(strings.Repeat("x", 1024))), "invalid tar header"},
		"empty":          {write(nil), "index.json is not in it"},
		"cut":            {write(data[:len(data)/2]), "image.tar"},
		"other platform": {good, "none for linux/arm64"},
	} {
		t.Run(name, func(t *testing.T) {
			platform := "linux/amd64"
			if name == "other platform" {
				platform = "linux/arm64"
			}
			_, err := client(Options{}).Manifest(t.Context(), stage.Image{Platform: platform, Archive: test.path})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.path) {
				t.Errorf("got %v, want %q and %q in it", err, test.want, test.path)
			}
		})
	}
}

// TestLayerArchive: what the layer writer makes is an image that others accept.
func TestLayerArchive(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "layer.tar")
	entries, err := layer.FromFS(os.DirFS("."), []string{"archive_test.go"}, "/app")
	if err != nil {
		t.Fatal(err)
	}
	made, err := layer.WriteArchive(path, layer.Code, entries, layer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	out := t.TempDir()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		to := filepath.Join(out, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		w, err := os.Create(to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p, err := layout.FromPath(out)
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
	read, err := readArchive(path, "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	if got := read.layers[0]; got.Digest != made.Digest || got.DiffID != made.DiffID || got.Offset != made.Offset {
		t.Errorf("read %+v, made %+v", got, made)
	}
}
