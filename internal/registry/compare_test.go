package registry

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestCompareImages: the first difference is named by layer, file and byte, or by field.
func TestCompareImages(t *testing.T) {
	type file struct {
		name, content string
		mode          int64
	}
	packed := func(files ...file) v1.Layer {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range files {
			if err := w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.content)), Mode: 0o644 | f.mode}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(f.content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer)
	}
	image := func(env string, layers ...v1.Layer) v1.Image {
		img, err := mutate.AppendLayers(empty.Image, layers...)
		if err != nil {
			t.Fatal(err)
		}
		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config.Config.Env = []string{env}
		if img, err = mutate.ConfigFile(img, config); err != nil {
			t.Fatal(err)
		}
		return img
	}
	base, long := packed(file{"base", "x", 0}), strings.Repeat("a", 70000)
	old := image("A=1", base, packed(file{"a", long + "bc", 0}, file{"b", "1", 0}))
	for _, test := range []struct {
		name, want string
		made       v1.Image
	}{
		{"the same", "", image("A=1", base, packed(file{"a", long + "bc", 0}, file{"b", "1", 0}))},
		{"a byte", "layer 2: a differs at byte 70001", image("A=1", base, packed(file{"a", long + "bx", 0}, file{"b", "1", 0}))},
		{"length", "layer 2: b has 1 bytes, and 2 were built", image("A=1", base, packed(file{"a", long + "bc", 0}, file{"b", "12", 0}))},
		{"mode", "layer 2: a: its mode is 644, and 755 was built", image("A=1", base, packed(file{"a", long + "bc", 0o111}, file{"b", "1", 0}))},
		{"one more", "layer 2: aa was built, and is not there", image("A=1", base, packed(file{"a", long + "bc", 0}, file{"aa", "", 0}, file{"b", "1", 0}))},
		{"one less", "layer 2: b is there, and was not built", image("A=1", base, packed(file{"a", long + "bc", 0}))},
		{"a layer more", "it has 2 layers, and 3 were built", image("A=1", base, packed(file{"a", long + "bc", 0}, file{"b", "1", 0}), base)},
		{"configuration", `configuration: config.Env is ["A=1"], and ["A=2"] was built`, image("A=2", base, packed(file{"a", long + "bc", 0}, file{"b", "1", 0}))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := compareImages(old, test.made); got != test.want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}
