package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/stage"
)

// part is one layer of an artifact.
type part struct {
	mediaType   string
	annotations map[string]string
	data        []byte
}

// pushed writes an artifact and returns it as a source.
func pushed(t *testing.T, s *server, parts ...part) config.Weight {
	t.Helper()
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.oci.empty.v1+json")
	var adds []mutate.Addendum
	for _, p := range parts {
		adds = append(adds, mutate.Addendum{Layer: static.NewLayer(p.data, types.MediaType(p.mediaType)), Annotations: p.annotations, MediaType: types.MediaType(p.mediaType)})
	}
	img, err := mutate.Append(img, adds...)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewDigest(s.host + "/acme/weights@" + digest.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	return config.Weight{Kind: config.Artifact, From: "oci://" + s.host + "/acme/weights", Pin: digest.String(), Field: "weights[0]"}
}

// tarOf makes an archive of names, each with its name as content; a name that ends in * may be executed.
func tarOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, n := range names {
		h := &tar.Header{Name: strings.TrimSuffix(n, "*"), Mode: 0o644, Size: int64(len(n))}
		switch {
		case strings.HasSuffix(n, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case strings.HasSuffix(n, "@"):
			h.Typeflag, h.Size, h.Linkname = tar.TypeSymlink, 0, "/etc/passwd"
		case strings.HasSuffix(n, "*"):
			h.Mode = 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func artifacts(t *testing.T) Artifacts {
	t.Helper()
	dir := t.TempDir()
	return Artifacts{
		Client: New(Options{}), Cache: filepath.Join(dir, "weights"),
		Index: content.Index{Dir: filepath.Join(dir, "index")}, Note: func(string) {},
	}
}

func named(n string) map[string]string { return map[string]string{title: n} }

func TestArtifact(t *testing.T) {
	for name, test := range map[string]struct {
		parts []part
		want  map[string]string // content by path
	}{
		"files of oras": {
			[]part{
				{"application/octet-stream", named("model.onnx"), []byte("onnx")},
				{"application/json", named("sub/config.json"), []byte("{}")},
			},
			map[string]string{"model.onnx": "onnx", "sub/config.json": "{}"},
		},
		"a directory of oras": {
			[]part{{"application/vnd.oci.image.layer.v1.tar+gzip", map[string]string{title: "w", unpack: "true"}, zipped(t, tarOf(t, "w/", "w/a.bin", "w/run.sh*"))}},
			map[string]string{"w/a.bin": "w/a.bin", "w/run.sh": "w/run.sh* x"},
		},
		"ModelPack": {
			[]part{
				{"application/vnd.cncf.model.weight.v1.raw", map[string]string{modelPath: "model.safetensors"}, []byte("raw")},
				{"application/vnd.cncf.model.weight.config.v1.tar", map[string]string{modelPath: "config.json"}, tarOf(t, "config.json")},
				{"application/vnd.cncf.model.code.v1.tar", map[string]string{modelPath: "train.py"}, tarOf(t, "train.py")},
				{"application/vnd.cncf.model.doc.v1.raw", map[string]string{modelPath: "README.md"}, []byte("doc")},
			},
			map[string]string{"model.safetensors": "raw", "config.json": "config.json"},
		},
		"KitOps": {
			[]part{
				{"application/vnd.kitops.modelkit.model.v1.tar+gzip", nil, zipped(t, tarOf(t, "./model/", "./model/w.bin"))},
				{"application/vnd.kitops.modelkit.dataset.v1.tar+gzip", nil, zipped(t, tarOf(t, "data.csv"))},
			},
			map[string]string{"model/w.bin": "./model/w.bin"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := start(t), artifacts(t)
			w := pushed(t, s, test.parts...)
			for n := range 2 {
				s.forget()
				files, err := a.Fetch(t.Context(), w)
				if err != nil {
					t.Fatal(err)
				}
				got := map[string]string{}
				for _, f := range files {
					data, err := os.ReadFile(f.Host)
					if err != nil {
						t.Fatal(err)
					}
					got[f.Path] = string(data)
					if f.Executable {
						got[f.Path] += " x"
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if asked := s.requests(http.MethodGet); n == 1 && len(asked) > 0 {
					t.Errorf("asked again: %v", asked)
				}
			}
		})
	}
}

func TestArtifactRefused(t *testing.T) {
	for name, test := range map[string]struct {
		part part
		want string
	}{
		"no name":       {part{"application/octet-stream", nil, []byte("x")}, "does not say which file it is"},
		"outside":       {part{"application/octet-stream", named("../x"), []byte("x")}, "outside of the artifact"},
		"absolute":      {part{"application/octet-stream", named("/etc/x"), []byte("x")}, "outside of the artifact"},
		"tar outside":   {part{"application/vnd.cncf.model.weight.v1.tar", nil, tarOf(t, "../../x")}, "outside of the artifact"},
		"tar with link": {part{"application/vnd.cncf.model.weight.v1.tar", nil, tarOf(t, "link@")}, "links and devices"},
		"only code":     {part{"application/vnd.cncf.model.code.v1.tar", nil, tarOf(t, "x.py")}, "holds no files"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			_, err := artifacts(t).Fetch(t.Context(), pushed(t, s, test.part))
			var known *stage.Error
			if !errors.As(err, &known) || !strings.Contains(known.What, test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
	s := start(t)
	w := pushed(t, s, part{"application/octet-stream", named("x"), []byte("x")})
	w.Pin = "sha256:" + strings.Repeat("0", 64)
	if _, err := artifacts(t).Fetch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("another digest: %v", err)
	}
}

// TestArtifactSecret: the login that a source names is the one that is used.
func TestArtifactSecret(t *testing.T) {
	s := start(t)
	w := pushed(t, s, part{"application/octet-stream", named("x"), []byte("x")})
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, ok := r.BasicAuth(); ok && (user == "me" || user == "token") && password == "s3cret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if _, err := artifacts(t).Fetch(t.Context(), w); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("without a login: %v", err)
	}
	w.Secret = "LOGIN"
	for _, login := range []string{"me:s3cret", "s3cret"} {
		a := artifacts(t)
		a.Secrets = map[string]string{"LOGIN": login}
		if _, err := a.Fetch(t.Context(), w); err != nil {
			t.Errorf("with %s: %v", login, err)
		}
	}
}
