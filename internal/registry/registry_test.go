package registry

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// server is a real registry in this process that writes down what it is asked.
type server struct {
	host string

	mu     sync.Mutex
	asked  []string                                          // "PUT /v2/…"
	refuse func(w http.ResponseWriter, r *http.Request) bool // true: answered already
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		refuse := s.refuse
		s.mu.Unlock()
		if refuse == nil || !refuse(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.Close)
	s.host = strings.TrimPrefix(h.URL, "http://")
	return s
}

func (s *server) requests(method string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, a := range s.asked {
		if rest, ok := strings.CutPrefix(a, method+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
}

// push puts a base image with the look of a real one into the registry.
func push(t *testing.T, host string) {
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
	file.OS, file.Architecture = "linux", "amd64"
	file.Created = v1.Time{Time: time.Now()}
	file.Config.Env = []string{"PATH=/usr/bin"}
	file.Config.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "53/udp": {}}
	if img, err = mutate.ConfigFile(img, file); err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(host + "/library/python:3.11-slim")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
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
	push(t, s.host)
	// Asked for under its usual name, found at the mirror.
	c := New(Options{Mirrors: map[string]string{"docker.io": s.host}})
	base, err := c.Base(t.Context(), "python:3.11-slim", "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	want := layer.Config{Env: []string{"PATH=/usr/bin"}, Ports: []int{8080}}
	if diff := cmp.Diff(want, base.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if base.Ref != "python:3.11-slim" || !strings.HasPrefix(base.Digest, "sha256:") || len(base.Layers) != 2 {
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
	if _, err := c.Base(t.Context(), "python:3.11-slim", "linux/arm64"); err == nil || !strings.Contains(err.Error(), "linux/amd64") {
		t.Errorf("another platform: %v", err)
	}
}

// TestPublish: what is published is a valid image, its tags come last, and a second time nothing moves.
func TestPublish(t *testing.T) {
	s := start(t)
	push(t, s.host)
	c := New(Options{})
	img := build(t, c, s.host+"/library/python:3.11-slim")
	planned, err := c.Manifest(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	s.forget()
	to := s.host + "/acme/iris"
	done, err := c.Publish(t.Context(), img, to, []string{"one", "two"})
	if err != nil {
		t.Fatal(err)
	}
	if done.Digest != planned.Digest || done.Reference != to+"@"+planned.Digest {
		t.Errorf("published %s as %s, planned %s", done.Digest, done.Reference, planned.Digest)
	}
	ref, err := name.ParseReference(done.Reference)
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	manifests := []string{}
	for _, p := range s.requests(http.MethodPut) {
		if strings.Contains(p, "/manifests/") {
			manifests = append(manifests, p[strings.LastIndex(p, "/")+1:])
		} else if len(manifests) > 0 {
			t.Errorf("a blob after a manifest: %s", p)
		}
	}
	if want := []string{planned.Digest, "one", "two"}; !slices.Equal(manifests, want) {
		t.Errorf("manifests were written as %v, want %v", manifests, want)
	}
	for _, l := range done.Layers {
		if sent := done.Pushed[l.Digest]; (sent == l.Size) != (l.Kind == layer.Code) {
			t.Errorf("%s: %d bytes of %d were sent", l.Kind, sent, l.Size)
		}
	}

	s.forget()
	again, err := c.Publish(t.Context(), img, to, []string{"one"})
	if err != nil {
		t.Fatal(err)
	}
	if uploads := s.requests(http.MethodPost); len(again.Pushed) != 0 || len(uploads) != 0 {
		t.Errorf("pushed again: %v, %v", again.Pushed, uploads)
	}
}

// TestConfig: nothing that varies between runs is in the image.
func TestConfig(t *testing.T) {
	s := start(t)
	push(t, s.host)
	c := New(Options{})
	img := build(t, c, s.host+"/library/python:3.11-slim")
	assembled, err := c.assemble(img)
	if err != nil {
		t.Fatal(err)
	}
	file, err := assembled.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !file.Created.Equal(time.Unix(0, 0)) {
		t.Errorf("created is %s", file.Created)
	}
	for _, h := range file.History {
		if !h.Created.Equal(time.Unix(0, 0)) {
			t.Errorf("history has the time %s", h.Created)
		}
	}
	want := v1.Config{
		Env: []string{"A=b"}, Cmd: []string{"python", "app.py"}, WorkingDir: "/app",
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.base.name":   img.Base.Ref,
			"org.opencontainers.image.base.digest": img.Base.Digest,
		},
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// TestLayout: a directory holds the same digest as a registry, is a valid layout, and does not grow.
func TestLayout(t *testing.T) {
	s := start(t)
	push(t, s.host)
	c := New(Options{})
	img := build(t, c, s.host+"/library/python:3.11-slim")
	dir := filepath.Join(t.TempDir(), "image")
	first, err := c.Publish(t.Context(), img, "oci:"+dir, []string{"dev", "other"})
	if err != nil {
		t.Fatal(err)
	}
	img.Config.Env = []string{"A=c"}
	second, err := c.Publish(t.Context(), img, "oci:"+dir, []string{"dev", "other"})
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest == second.Digest {
		t.Fatal("another configuration, the same digest")
	}
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
	var tags []string
	for _, d := range m.Manifests {
		if d.Digest.String() != second.Digest {
			t.Errorf("an older image is still there: %s", d.Digest)
		}
		tags = append(tags, d.Annotations[refName])
	}
	if !slices.Equal(tags, []string{"dev", "other"}) {
		t.Errorf("tags are %v", tags)
	}
	blobs, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 + 2; len(blobs) != want { // layers, config and manifest
		t.Errorf("%d blobs, want %d", len(blobs), want)
	}
}

func TestLayoutLeavesOtherDirectoriesAlone(t *testing.T) {
	s := start(t)
	push(t, s.host)
	c := New(Options{})
	img := build(t, c, s.host+"/library/python:3.11-slim")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := c.Publish(t.Context(), img, "oci:"+dir, nil)
	var known *stage.Error
	if !errors.As(err, &known) {
		t.Errorf("a directory with something else in it: %v", err)
	}
}

// TestArchive: a Dockerfile build loses its times and Docker's own media types.
func TestArchive(t *testing.T) {
	built, err := random.Image(512, 2)
	if err != nil {
		t.Fatal(err)
	}
	if built, err = mutate.CreatedAt(built, v1.Time{Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	tag, err := name.NewTag("slipway.local/image:latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(path, tag, built); err != nil {
		t.Fatal(err)
	}
	assembled, err := New(Options{}).assemble(stage.Image{Archive: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(assembled); err != nil {
		t.Error(err)
	}
	m, err := assembled.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(m.Layers, m.Config) {
		if strings.Contains(string(d.MediaType), "docker") {
			t.Errorf("media type %s", d.MediaType)
		}
	}
	file, err := assembled.ConfigFile()
	if err != nil || !file.Created.Equal(time.Unix(0, 0)) {
		t.Errorf("created is %v, %v", file.Created, err)
	}
}
