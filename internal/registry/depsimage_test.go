package registry

import (
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// TestLayerForOthers: a layer that one machine keeps is found and pulled by
// another, as it was; what else may lie under its tag is told from it.
func TestLayerForOthers(t *testing.T) {
	s, c, image := prepared(t)
	repository, tag := s.host+"/acme/iris", "slipway-deps-key"
	if _, found, err := c.FindLayer(t.Context(), repository, tag); found || err != nil {
		t.Fatalf("before it is there: %v, %v", found, err)
	}
	image.Layers = image.Layers[:1]
	want := image.Layers[0]
	if _, err := c.Publish(t.Context(), []stage.Image{image}, repository, []string{tag}, nil); err != nil {
		t.Fatal(err)
	}
	other := client(Options{})
	r, found, err := other.FindLayer(t.Context(), repository, tag)
	if err != nil || !found || r.DiffID != want.DiffID || r.Digest != want.Digest {
		t.Fatalf("%+v, %v, %v", r, found, err)
	}
	r.Kind = want.Kind
	at := filepath.Join(t.TempDir(), "layer.tar")
	got, err := other.PullLayer(t.Context(), r, at)
	if err != nil {
		t.Fatal(err)
	}
	want.Archive, want.Offset, want.From, want.Packages = at, got.Offset, repository, got.Packages
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// An index, an image without layers, and a blob that is gone.
	var wrong *layer.WrongError
	for name, planted := range map[string]remote.Taggable{"index": empty.Index, "nothing": empty.Image} {
		if err := remote.Put(reference(t, repository+":"+name).Context().Tag(name), planted); err != nil {
			t.Fatal(err)
		}
		if _, found, err := other.FindLayer(t.Context(), repository, name); !found || !errors.As(err, &wrong) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && filepath.Base(r.URL.Path) == want.Digest {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	})
	_, err = other.PullLayer(t.Context(), r, at)
	var known *stage.Error
	if !errors.As(err, &known) {
		t.Errorf("a blob that is gone: %v", err)
	}
}
