package deps

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// shelf is a registry that answers as it is told.
type shelf struct {
	r       layer.Received
	found   bool
	find    error
	pull    error
	content string // of the layer that is pulled
}

func (s shelf) FindLayer(context.Context, string, string) (layer.Received, bool, error) {
	return s.r, s.found, s.find
}

func (s shelf) PullLayer(_ context.Context, r layer.Received, path string) (layer.Layer, error) {
	if s.pull != nil {
		return layer.Layer{}, s.pull
	}
	l, err := made(path, s.content)
	l.From = r.From
	return l, err
}

func (s shelf) Publish(context.Context, []stage.Image, string, []string, stage.Attach) (stage.Published, error) {
	return stage.Published{}, nil
}

func made(path, content string) (layer.Layer, error) {
	entries, err := layer.FromFS(fstest.MapFS{"a": {Data: []byte(content)}}, []string{"a"}, "venv")
	if err != nil {
		return layer.Layer{}, err
	}
	return layer.WriteArchive(path, layer.Deps, entries, layer.Options{})
}

// TestLook: what is taken, and what is not, for which reason; what ought not to be is warned of.
func TestLook(t *testing.T) {
	one, err := made(filepath.Join(t.TempDir(), "one"), "one")
	if err != nil {
		t.Fatal(err)
	}
	good := layer.Received{DiffID: one.DiffID, Digest: one.Digest, Size: one.Size, MediaType: one.MediaType, From: "localhost/iris"}
	for name, test := range map[string]struct {
		stored  string // content of the layer in the store
		from    string // where that came from
		damaged bool
		want    string
		nowhere bool
		shelf   shelf
		hit     string
		why     string
		warned  string
	}{
		"made before":         {stored: "one", hit: "store", why: "made before on this machine"},
		"as locked":           {stored: "one", want: one.DiffID, hit: "store", why: "made before, as slipway.lock has it"},
		"pulled, not locked":  {stored: "one", from: "localhost/iris", why: "the stored one came from localhost/iris, and no slipway.lock vouches for it; no slipway.lock vouches for one in localhost/iris"},
		"pulled, locked":      {stored: "one", from: "localhost/iris", want: one.DiffID, hit: "store", why: "as slipway.lock has it"},
		"another than locked": {stored: "two", want: one.DiffID, shelf: shelf{r: good, found: true, content: "one"}, hit: "registry", why: "the stored one is not the one in slipway.lock; as slipway.lock has it, from localhost/iris"},
		"damaged":             {stored: "one", damaged: true, want: one.DiffID, why: "its bytes are not the recorded ones; localhost/iris has none", warned: "its bytes are not the recorded ones"},
		"in the registry":     {want: one.DiffID, shelf: shelf{r: good, found: true, content: "one"}, hit: "registry", why: "there is none in the store; as slipway.lock has it"},
		"nowhere":             {want: one.DiffID, nowhere: true, why: "no registry is published to"},
		"none there":          {want: one.DiffID, why: "localhost/iris has none"},
		"not locked":          {shelf: shelf{r: good, found: true, content: "one"}, why: "no slipway.lock vouches for one in localhost/iris"},
		"planted":             {want: "sha256:2", shelf: shelf{r: good, found: true}, why: "is not the layer in slipway.lock: it is said to be " + one.DiffID, warned: "is made again: localhost/iris:slipway-deps-key is not"},
		"wrong bytes":         {want: one.DiffID, shelf: shelf{r: good, found: true, pull: &layer.WrongError{What: "its bytes are not those of its digest"}}, why: "its bytes are not those", warned: "its bytes are not those"},
		"no image":            {want: one.DiffID, shelf: shelf{found: true, find: &layer.WrongError{What: "it is no image"}}, why: "it is no image", warned: "it is no image"},
		"cannot be asked":     {want: one.DiffID, shelf: shelf{find: &stage.Error{What: "nothing listens there"}}, why: "the registry could not be asked: nothing listens there", warned: "could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			store := layer.Store{Dir: t.TempDir()}
			if test.stored != "" {
				l, err := store.Put("deps-key", func(path string) (layer.Layer, error) {
					l, err := made(path, test.stored)
					l.From = test.from
					return l, err
				})
				if err != nil {
					t.Fatal(err)
				}
				if test.damaged {
					if err := os.WriteFile(l.Archive, make([]byte, 4096), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			repository := "localhost/iris"
			if test.nowhere {
				repository = ""
			}
			f := lookup{Stage: Stage{Store: store, Shelf: test.shelf}, run: &stage.Run{Result: &result.Result{}}, d: plan.Deps{Repository: repository}, key: "key", want: test.want}
			hit, why, found, err := f.look(t.Context())
			if err != nil || hit != test.hit || !strings.Contains(why, test.why) {
				t.Errorf("%q, %q, %v; want %q, %q", hit, why, err, test.hit, test.why)
			}
			if hit != "" && found.DiffID != one.DiffID {
				t.Errorf("the layer is %s", found.DiffID)
			}
			if warned := strings.Join(f.run.Result.Warnings, "\n"); !strings.Contains(warned, test.warned) || test.warned == "" && warned != "" {
				t.Errorf("warned of %q", warned)
			}
		})
	}
}

// TestAsLocked: what comes out otherwise is warned of, and refused where nothing may change.
func TestAsLocked(t *testing.T) {
	f := lookup{run: &stage.Run{Plan: plan.Plan{Below: "iris"}, Result: &result.Result{}}, want: "sha256:1"}
	if err := f.asLocked("sha256:1"); err != nil || len(f.run.Result.Warnings) != 0 {
		t.Errorf("%v, %q", err, f.run.Result.Warnings)
	}
	if err := f.asLocked("sha256:2"); err != nil || len(f.run.Result.Warnings) != 1 {
		t.Errorf("%v, %q", err, f.run.Result.Warnings)
	}
	f.Frozen = true
	var invalid *stage.Invalid
	if err := f.asLocked("sha256:2"); !errors.As(err, &invalid) || !strings.Contains(invalid.Problem.Message, "`slipway lock iris`") {
		t.Errorf("%v", err)
	}
}
