package registry

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

const python = "/library/python:3.11-slim"

// client is one that does not wait for the registry to recover.
func client(o Options) *Client {
	c := New(o)
	c.carrier.patience = patience{waits: []time.Duration{time.Millisecond, time.Millisecond}, longest: time.Second}
	return c
}

// baseImage has the look of a real one: Docker's media types, times, history.
func baseImage(t *testing.T, architecture string) v1.Image {
	t.Helper()
	img, err := random.Image(2048, 2)
	if err != nil {
		t.Fatal(err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", architecture
	file.Created = v1.Time{Time: time.Now()}
	file.Config.Env = []string{"PATH=/usr/bin"}
	file.Config.StopSignal = "SIGINT"
	file.Config.Labels = map[string]string{"maintainer": "somebody"}
	file.Config.OnBuild = []string{"RUN false"}
	file.Config.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "53/udp": {}, "80": {}}
	if img, err = mutate.ConfigFile(img, file); err != nil {
		t.Fatal(err)
	}
	return img
}

func reference(t *testing.T, ref string) name.Reference {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// push puts a base image into the registry.
func push(t *testing.T, s *server) {
	t.Helper()
	if err := remote.Write(reference(t, s.host+python), baseImage(t, "amd64")); err != nil {
		t.Fatal(err)
	}
}

// build makes the image of a tiny model on the base.
func build(t *testing.T, c *Client, ref string) stage.Image {
	t.Helper()
	base, err := c.Base(t.Context(), ref, "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	store := layer.Store{Dir: t.TempDir()}
	entries, err := layer.FromFS(fstest.MapFS{"app.py": {Data: []byte("print(1)\n")}}, []string{"app.py"}, "/app")
	if err != nil {
		t.Fatal(err)
	}
	code, err := store.Write(layer.Code, entries, layer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return stage.Image{
		Platform: "linux/amd64", Base: &base, Layers: []layer.Layer{code},
		Config: layer.Config{Env: []string{"A=b"}, Cmd: []string{"python", "app.py"}, WorkingDir: "/app", Ports: []int{8080}},
	}
}

func TestBase(t *testing.T) {
	s := start(t)
	push(t, s)
	// Asked for under its usual name, found at the mirror.
	c := client(Options{Mirrors: map[string]string{"docker.io": s.host}})
	base, err := c.Base(t.Context(), "python:3.11-slim", "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	want := layer.Config{Env: []string{"PATH=/usr/bin"}, Ports: []int{80, 8080}, Labels: map[string]string{"maintainer": "somebody"}}
	if diff := cmp.Diff(want, base.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if base.Ref != "python:3.11-slim" || base.Platform != "linux/amd64" || !strings.HasPrefix(base.Digest, "sha256:") || len(base.Layers) != 2 {
		t.Errorf("base is %+v", base)
	}
	for _, l := range base.Layers {
		if l.Kind != layer.Base || l.DiffID == "" || l.Size == 0 {
			t.Errorf("layer is %+v", l)
		}
	}
	byDigest, err := c.Base(t.Context(), "python@"+base.Digest, "linux/amd64")
	if err != nil || byDigest.Digest != base.Digest {
		t.Errorf("by digest: %v, %v", byDigest.Digest, err)
	}
}

// TestBaseOfSeveralPlatforms: an index gives the manifest of the platform, not its own digest.
func TestBaseOfSeveralPlatforms(t *testing.T) {
	s := start(t)
	index := mutate.IndexMediaType(random0(t), types.OCIImageIndex)
	digests := map[string]string{}
	for _, architecture := range []string{"amd64", "arm64"} {
		img := baseImage(t, architecture)
		digest, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests["linux/"+architecture] = digest.String()
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "linux", Architecture: architecture},
		}})
	}
	if err := remote.WriteIndex(reference(t, s.host+python), index); err != nil {
		t.Fatal(err)
	}
	c := client(Options{})
	for platform, want := range digests {
		base, err := c.Base(t.Context(), s.host+python, platform)
		if err != nil || base.Digest != want {
			t.Errorf("%s: %s, %v; want %s", platform, base.Digest, err, want)
		}
	}
	_, err := c.Base(t.Context(), s.host+python, "linux/s390x")
	wantError(t, err, "build.base", "linux/s390x", "linux/amd64, linux/arm64")
}

func random0(t *testing.T) v1.ImageIndex {
	t.Helper()
	index, err := random.Index(0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// TestMirrorWithoutTheImage: what the mirror does not have, the registry itself is asked for.
func TestMirrorWithoutTheImage(t *testing.T) {
	empty, origin := start(t), start(t)
	push(t, origin)
	c := client(Options{Mirrors: map[string]string{origin.host: empty.host}})
	if _, err := c.Base(t.Context(), origin.host+python, "linux/amd64"); err != nil {
		t.Error(err)
	}
	_, err := c.Base(t.Context(), origin.host+"/library/nothing:1", "linux/amd64")
	wantError(t, err, origin.host, "its mirror "+empty.host+", asked before: the registry answered 404", "is the name right")
}

// TestPublish: what is published is a valid image, its tags come last, and a second time nothing moves.
func TestPublish(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	planned, err := c.Manifest(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	s.forget()
	to := s.host + "/acme/iris"
	done, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one", "two"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if done.Digest != planned.Digest {
		t.Errorf("published as %s, planned as %s", done.Digest, planned.Digest)
	}
	if done.Reference != to+"@"+planned.Digest || !slices.Equal(done.Tags, []string{"one", "two"}) {
		t.Errorf("published as %s, %v", done.Reference, done.Tags)
	}
	pulled, err := remote.Image(reference(t, done.Reference))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	if want := []string{planned.Digest, "one", "two"}; !slices.Equal(s.manifests(), want) {
		t.Errorf("manifests were written as %v, want %v", s.manifests(), want)
	}
	puts := s.requests(http.MethodPut)
	if first := slices.IndexFunc(puts, func(p string) bool { return strings.Contains(p, "/manifests/") }); first != len(puts)-3 {
		t.Errorf("a blob came after a manifest: %v", puts)
	}
	// The base's layers are in the same registry: they are mounted, and only ours are sent.
	code := img.Layers[0]
	if want := map[string]int64{code.Digest: code.Size}; !maps.Equal(done.Pushed, want) {
		t.Errorf("pushed %v, want %v", done.Pushed, want)
	}
	if len(s.mounted) != len(img.Base.Layers) {
		t.Errorf("mounted %v", s.mounted)
	}

	s.forget()
	again, err := c.Publish(t.Context(), []stage.Image{img}, to, []string{"one"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if writes := append(s.requests(http.MethodPost), s.requests(http.MethodPut)...); len(again.Pushed) != 0 || len(writes) != 0 {
		t.Errorf("pushed again: %v, %v", again.Pushed, writes)
	}
}

// TestPublishElsewhere: to another registry the base's layers go too, out of the cache once they are there.
func TestPublishElsewhere(t *testing.T) {
	origin, destination := start(t), start(t)
	push(t, origin)
	c := client(Options{Cache: t.TempDir()})
	img := build(t, c, origin.host+python)
	done, err := c.Publish(t.Context(), []stage.Image{img}, destination.host+"/acme/iris", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	planned, err := c.Manifest(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range planned.Layers {
		if done.Pushed[l.Digest] != l.Size {
			t.Errorf("%s: %d bytes of %d were sent", l.Kind, done.Pushed[l.Digest], l.Size)
		}
	}
	origin.forget()
	other := start(t)
	second, err := c.Publish(t.Context(), []stage.Image{img}, other.host+"/acme/iris", nil, nil)
	if err != nil || second.Digest != done.Digest {
		t.Errorf("%s, %v; want %s", second.Digest, err, done.Digest)
	}
	if asked := origin.requests(http.MethodGet); len(asked) != 0 {
		t.Errorf("the base was fetched again: %v", asked)
	}
}

// TestConfig: nothing that varies between runs is in the image.
func TestConfig(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	img := build(t, c, s.host+python)
	assembled, err := c.assemble(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	file, err := assembled.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if file.OS != "linux" || file.Architecture != "amd64" || !file.Created.Equal(time.Unix(0, 0)) {
		t.Errorf("%s/%s, created %s", file.OS, file.Architecture, file.Created)
	}
	if len(file.History) != 3 || file.History[2].CreatedBy != "slipway: code" {
		t.Errorf("history is %+v", file.History)
	}
	for _, h := range file.History {
		if !h.Created.Equal(time.Unix(0, 0)) || h.Author != "" {
			t.Errorf("history tells of its making: %+v", h)
		}
	}
	want := v1.Config{
		Env: []string{"A=b"}, Cmd: []string{"python", "app.py"}, WorkingDir: "/app",
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		StopSignal:   "SIGINT",
		Labels: map[string]string{
			"maintainer":                           "somebody",
			"org.opencontainers.image.base.name":   img.Base.Ref,
			"org.opencontainers.image.base.digest": img.Base.Digest,
		},
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	wantOCI(t, assembled)
}

// wantOCI: no media type of Docker's own in an OCI manifest.
func wantOCI(t *testing.T, img v1.Image) {
	t.Helper()
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if m.MediaType != types.OCIManifestSchema1 {
		t.Errorf("the manifest is %s", m.MediaType)
	}
	for _, d := range append(m.Layers, m.Config) {
		if strings.Contains(string(d.MediaType), "docker") {
			t.Errorf("media type %s", d.MediaType)
		}
	}
}

func TestFullName(t *testing.T) {
	for ref, want := range map[string]string{
		"python:3.11-slim":        "docker.io/library/python:3.11-slim",
		"acme/base":               "docker.io/acme/base:latest",
		"ghcr.io/acme/base:1":     "ghcr.io/acme/base:1",
		"localhost:5000/python:3": "localhost:5000/python:3",
	} {
		if got := fullName(ref); got != want {
			t.Errorf("fullName(%q) = %q, want %q", ref, got, want)
		}
	}
}
